"""``python -m infra.compose_setup FILE``: what docker-compose.yaml does once, before Airflow starts.

Deploys the stack to local_aws, releases the code, loads a made-up shop into the warehouse, and writes the Airflow
Variables that tell the DAGs of it, as ``airflow variables import`` reads them. Doing it again changes nothing.
"""

import json
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from yard import demo, environment, infra, loading, release
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
        shop = demo.made_up_shop(home, datetime.now(UTC).date())
    loading.load(aws, outputs, shop, replace=False)
    target.write_text(json.dumps({"trainyard": environment.variable(outputs)}, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), os.environ["AWS_ENDPOINT_URL"])
