"""Short words for starting clusters, adding steps and waiting for states."""

import gzip
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support import client

Record = dict[str, Any]
ENDED = ("TERMINATED", "TERMINATED_WITH_ERRORS")
STEP_ENDED = ("COMPLETED", "FAILED", "CANCELLED", "INTERRUPTED")


def until(condition: Callable[[], Any], seconds: float = 240) -> Any:
    """The condition's value as soon as it is true; the test fails when that takes too long."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen"
        threading.Event().wait(0.05)
    return value


def runs(pid: str) -> bool:
    """Whether a process is there and no zombie that nobody fetches."""
    stat = Path("/proc") / pid.strip() / "stat"
    return stat.exists() and ") Z" not in stat.read_text()


def request(**changes: Any) -> Record:
    """A RunJobFlow that EMR takes, with some things another way; None leaves a parameter out."""
    group = {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}
    asked = {
        "Name": "nightly",
        "ReleaseLabel": "emr-spark-8.1.0",
        "Applications": [{"Name": "Spark"}],
        "ServiceRole": "EMR_DefaultRole",
        "JobFlowRole": "EMR_EC2_DefaultRole",
        "Instances": {"InstanceGroups": [group], "KeepJobFlowAliveWhenNoSteps": True},
        **changes,
    }
    return {name: value for name, value in asked.items() if value is not None}


def instances(**changes: Any) -> Record:
    """The Instances of :func:`request`, with some things another way."""
    return {**request()["Instances"], **changes}


def step(*args: str, action: str = "CONTINUE", jar: str = "command-runner.jar", name: str = "work") -> Record:
    """A step that runs a command."""
    return {"Name": name, "ActionOnFailure": action, "HadoopJarStep": {"Jar": jar, "Args": list(args)}}


def shell(script: str, **kinds: Any) -> Record:
    """A step that runs a line of shell."""
    return step("bash", "-c", script, **kinds)


class Clusters:
    """One local_aws as a person with steps to run sees it."""

    def __init__(self, endpoint_url: str) -> None:
        self.emr = client(endpoint_url, "emr")
        self.s3 = client(endpoint_url, "s3")
        self.bucket = f"emr-{uuid.uuid4().hex[:8]}"
        self.s3.create_bucket(Bucket=self.bucket)

    def start(self, *steps: Record, alive: bool = True, **changes: Any) -> str:
        """A new cluster's id."""
        kept = changes.pop("Instances", instances(KeepJobFlowAliveWhenNoSteps=alive))
        asked = request(Steps=list(steps), Instances=kept, LogUri=f"s3://{self.bucket}/logs/", **changes)
        return str(self.emr.run_job_flow(**asked)["JobFlowId"])

    def end(self, cluster: str) -> None:
        """Terminate a cluster and see it end."""
        self.emr.terminate_job_flows(JobFlowIds=[cluster])
        self.cluster(cluster, *ENDED)

    def add(self, cluster: str, *steps: Record) -> list[str]:
        """The ids of further steps."""
        return list(self.emr.add_job_flow_steps(JobFlowId=cluster, Steps=list(steps))["StepIds"])

    def describe(self, cluster: str) -> Record:
        """The cluster as it is."""
        described: Record = self.emr.describe_cluster(ClusterId=cluster)["Cluster"]
        return described

    def cluster(self, cluster: str, *states: str) -> Record:
        """The cluster as soon as it is in one of the states."""

        def there() -> Record | None:
            described = self.describe(cluster)
            return described if described["Status"]["State"] in states else None

        found: Record = until(there)
        return found

    def steps(self, cluster: str) -> list[Record]:
        """The steps, the first one first."""
        return list(reversed(self.emr.list_steps(ClusterId=cluster)["Steps"]))

    def step(self, cluster: str, step_id: str, *states: str) -> Record:
        """The step as soon as it is in one of the states (default: an end)."""

        def there() -> Record | None:
            described: Record = self.emr.describe_step(ClusterId=cluster, StepId=step_id)["Step"]
            return described if described["Status"]["State"] in (states or STEP_ENDED) else None

        found: Record = until(there)
        return found

    def ran(self, *steps: Record, **changes: Any) -> tuple[Record, list[Record]]:
        """A cluster that ends after its steps, and those, when all is over."""
        cluster = self.start(*steps, alive=False, **changes)
        return self.cluster(cluster, *ENDED), self.steps(cluster)

    def log(self, cluster: str, step_id: str, name: str) -> str:
        """A log of a step as it lies under LogUri."""
        body = self.s3.get_object(Bucket=self.bucket, Key=f"logs/{cluster}/steps/{step_id}/{name}.gz")["Body"]
        return gzip.decompress(body.read()).decode()

    def put(self, key: str, text: str) -> str:
        """An object's URI."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=text.encode())
        return f"s3://{self.bucket}/{key}"
