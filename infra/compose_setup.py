"""``python -m infra.compose_setup FILE``: what docker-compose.yaml does once, before Airflow starts.

Deploys the stack to local_aws, releases the code, loads each demo's made-up data into the warehouse, and writes the
Airflow Variables that tell the DAGs of it, as ``airflow variables import`` reads them. Doing it again changes nothing.
"""

import json
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from yard import demos, environment, infra, loading, release
from yard.clients import Aws
from yard.home import Home

ROOT = Path(__file__).resolve().parents[1]


def main(target: Path, endpoint_url: str) -> None:
    """Set everything up.

    :param target: the file to write.
    :param endpoint_url: where local_aws answers.
    :raises YardError: when the stack, the release or the load fails, with the reason.
    """
    aws = Aws(endpoint_url)
    outputs = infra.deploy(aws, ROOT / "infra" / "trainyard.yaml")
    release.publish(aws, ROOT, outputs["BucketName"])
    with tempfile.TemporaryDirectory() as folder:
        home = Home(ROOT, Path(folder))
        home.make()
        for demo in demos.DEMOS.values():
            frame = demos.made_up(home, demo, datetime.now(UTC).date())
            loading.load(aws, outputs, demo.table, frame, replace=False)
    target.write_text(json.dumps({"trainyard": environment.variable(outputs)}, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), os.environ["AWS_ENDPOINT_URL"])
