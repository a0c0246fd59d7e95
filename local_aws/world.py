"""What every service is given: the account it serves and the shared machinery."""

from dataclasses import dataclass
from pathlib import Path

from local_aws import moto_bridge
from local_aws.faults.faults import Faults
from local_aws.logs import JobLogs
from local_aws.metrics import JobMetrics
from local_aws.objects import ObjectStore
from local_aws.processes import Processes
from local_aws.state import State


@dataclass(frozen=True)
class World:
    """One account in one region, under one state folder."""

    account: str
    region: str
    root: Path
    endpoint_url: str
    state: State
    objects: ObjectStore
    logs: JobLogs
    metrics: JobMetrics
    processes: Processes
    faults: Faults

    def arn(self, service: str, resource: str) -> str:
        """``arn:aws:sagemaker:us-east-1:123456789012:training-job/x`` from ``("sagemaker", "training-job/x")``."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def job_environment(self, role_arn: str | None) -> dict[str, str]:
        """The AWS variables of a child process: it reaches this very stand-in, as a session of its role."""
        role = (role_arn or "local").rpartition("/")[2]
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": "local-aws",
            "AWS_SECRET_ACCESS_KEY": "local-aws",
            "AWS_SESSION_TOKEN": f"session-of-{role}",
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def build_world(root: Path, region: str, endpoint_url: str, state: State) -> World:
    """Assemble the machinery around an open state. moto's journal was replayed before, since buckets are moto's."""
    faults = Faults()
    return World(
        account=moto_bridge.ACCOUNT,
        region=region,
        root=root,
        endpoint_url=endpoint_url,
        state=state,
        objects=ObjectStore(root, state.table("s3.objects"), moto_bridge.bucket_names),
        logs=JobLogs(root, region),
        metrics=JobMetrics(region),
        processes=Processes(state.table("processes"), faults.jobs.started),
        faults=faults,
    )
