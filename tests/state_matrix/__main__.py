"""``python -m tests.state_matrix``: meet every state, print the matrix; fail when anything but success is green."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from local_aws.application import LocalAws
from local_aws.testing import LocalAwsAdmin
from tests.support import LocalAwsForTests

if TYPE_CHECKING:
    from tests.state_matrix.matrix import Row


def main() -> int:
    """Run the matrix on a local_aws of its own; 1 when a state comes out wrong."""
    with tempfile.TemporaryDirectory(prefix="state-matrix-") as folder:
        server = LocalAws(Path(folder) / "local_aws", port=0)
        try:
            os.environ |= surroundings(Path(folder), server.endpoint_url)
            found = list(matrix(server))
        finally:
            server.stop()
    wrong = [row for row in found if row.wrong]
    print(f"{len(found)} states of {len({row.kind.key for row in found})} kinds of job, each met three times; "
          f"{len(wrong)} wrong")  # fmt: skip
    return 1 if wrong else 0


def surroundings(folder: Path, endpoint_url: str) -> dict[str, str]:
    """The variables by which the library's clients find the local_aws; Airflow reads them when it is imported."""
    connection = {"conn_type": "aws", "login": "any", "password": "any",
                  "extra": {"region_name": "us-east-1", "endpoint_url": endpoint_url}}  # fmt: skip
    return {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(connection),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
    }


def matrix(server: LocalAws) -> list[Row]:
    """All kinds, all states, printed as they are met."""
    from tests.crash_matrix.world import furnish
    from tests.state_matrix.matrix import rows
    from tests.state_matrix.work import KINDS
    from tests.unit.trainyard.account import Account
    from trainyard.settings import Settings
    from yard import environment, infra
    from yard.clients import Aws

    aws = Aws(server.endpoint_url)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # moto warns of what of the template it takes without effect
        outputs = infra.deploy(aws, Path(__file__).parents[2] / "infra" / "trainyard.yaml")
    furnish(aws, outputs)
    account = Account(LocalAwsForTests(server), Settings.from_json(environment.variable(outputs)))
    admin = LocalAwsAdmin(server.endpoint_url)
    head = f"{'kind':<11}{'state':<24}{'before the wait':<17}{'during the wait':<17}{'after the wait':<17}"
    print(f"{head}\n{'-' * len(head)}")
    found = []
    for key in KINDS:
        inputs = {}
        if key == "step":
            machines = {"InstanceCount": 1, "MasterInstanceType": "m5.xlarge", "KeepJobFlowAliveWhenNoSteps": True}
            roles = {"ServiceRole": outputs["EmrServiceRoleArn"], "JobFlowRole": outputs["EmrInstanceProfile"]}
            made = aws.client("emr").run_job_flow(
                Name="states", ReleaseLabel="emr-spark-8.1.0", Instances=machines, **roles
            )
            inputs = {"cluster": {"cluster_id": made["JobFlowId"]}}
        for row in rows(key, account, admin, inputs):
            print(f"{row.kind.key:<11}{row.state:<24}{row.before:<17}{row.during:<17}{row.after:<17}"
                  f"{'WRONG: ' + row.wrong if row.wrong else 'ok'}", flush=True)  # fmt: skip
            found.append(row)
    return found


if __name__ == "__main__":
    sys.exit(main())
