"""A DAG in an Airflow process of its own, on a local_aws with the stack, the code and a small shop."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from tests.support import LocalAwsForTests, stack_of
from yard import environment, loading, release
from yard.clients import Aws
from yard.leads import generate as leads
from yard.leads.table import LEADS
from yard.shop.generate import generate
from yard.shop.table import INTERACTIONS

ROOT = Path(__file__).parents[2]


class Pipeline:
    """One DAG in an Airflow of its own."""

    def __init__(self, home: Path, settings: dict[str, str], dag_id: str) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "AWS"))}
        self.environment = inherited | settings
        self.log = home / "airflow.log"
        self.log.touch()
        self._said: TextIO = self.log.open("a", encoding="utf-8")
        command = [sys.executable, "-m", "airflow", "dags", "reserialize"]
        subprocess.run(command, env=self.environment, check=True, stdout=self._said, stderr=self._said)
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("run_dag.py")), dag_id],
            env=self.environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said,
        )  # fmt: skip

    def run(self, **form: Any) -> "Run":
        """Fill in the form, and wait for the run to end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        begin = self.log.stat().st_size
        self.process.stdin.write(json.dumps(form) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        said = self.log.read_bytes()[begin:].decode()
        assert answer, said
        return Run(json.loads(answer), said)

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()
        self._said.close()


class Run:
    """What became of one run."""

    def __init__(self, answer: dict[str, Any], log: str) -> None:
        self.state: str = answer["state"]
        self.log = log
        self._tasks = {name.rpartition(".")[2]: task for name, task in answer["tasks"].items()}

    def __getitem__(self, task: str) -> dict[str, Any]:
        result: dict[str, Any] = self._tasks[task]["result"]
        return result

    def states(self, *wanted: str) -> set[str]:
        """The tasks in one of these states."""
        return {name for name, task in self._tasks.items() if task["state"] in wanted}


def migrated(home: Path) -> Path:
    """Make the tables of an Airflow; return its database, which others start from."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "AWS"))}
    settings = {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    command = [sys.executable, "-m", "airflow", "db", "migrate"]
    subprocess.run(command, env=inherited | settings, check=True, capture_output=True)
    return home / "airflow.db"


def deployed(local_aws: LocalAwsForTests) -> dict[str, str]:
    """The outputs of the stack, with the code released, and a small shop and its leads in the warehouse."""
    aws = Aws(local_aws.endpoint_url)
    found = stack_of(local_aws)
    release.publish(aws, ROOT, found["BucketName"])
    shop = generate(rows=60_000, users=800, items=300, weeks=10, end=date(2026, 2, 16), seed=7)
    loading.load(aws, found, INTERACTIONS, shop, replace=True)
    new = leads.generate(rows=12_000, weeks=10, end=date(2026, 2, 16), seed=7)
    loading.load(aws, found, LEADS, new, replace=True)
    return found


@contextmanager
def airflow(
    local_aws: LocalAwsForTests, outputs: dict[str, str], home: Path, dag_id: str, dags: Path = ROOT / "dags"
) -> Iterator[Pipeline]:
    """A DAG of a folder, ready to run, until the block ends.

    :param home: Airflow's home, with its database in it.
    """
    region = environment.REGION
    connection = {"conn_type": "aws", "login": "local", "password": "local",
                  "extra": {"region_name": region, "endpoint_url": local_aws.endpoint_url}}  # fmt: skip
    pipeline = Pipeline(home, {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "PYTHONPATH": str(ROOT / "dags"),  # as Airflow's own parsing has it, also for the DAGs of tests
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_CONN_AWS_DEFAULT": json.dumps(connection),
        "AWS_ENDPOINT_URL": local_aws.endpoint_url,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        **environment.airflow_variable(outputs),
    }, dag_id)  # fmt: skip
    try:
        yield pipeline
    finally:
        pipeline.end()


def released(outputs: dict[str, str], local_aws: LocalAwsForTests, path: str, content: str) -> str:
    """Release the code with one file changed, beside the current version; return the version."""
    s3, bucket = local_aws.client("s3"), outputs["BucketName"]
    version = f"broken-{Path(path).stem}"
    sources = dict(release.read(ROOT)) | {path: content.encode()}
    packed = {str(archive): body for archive, body in release.packed(sources)}
    for name, body in {**sources, **packed, "release.json": b"{}"}.items():
        s3.put_object(Bucket=bucket, Key=f"code/{version}/{name}", Body=body)
    return version
