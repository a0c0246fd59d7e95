"""What the same training leaves when a SageMaker pipeline does it instead of a DAG's tasks."""

import hashlib
import io
import json
import sys
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.local_aws.sagemaker_jobs.support import eventually
from tests.support import LocalAwsForTests
from yard import pipeline
from yard.clients import Aws
from yard.target import Target

DAGS = Path(__file__).parents[2] / "dags"
ENDED = ("Succeeded", "Failed", "Stopped")


def spec(**changes: Any) -> Any:
    """The recommender's specification, with changes."""
    if str(DAGS) not in sys.path:
        sys.path.append(str(DAGS))
    from recommender import NCF

    return replace(NCF, **changes)


def weights(local_aws: LocalAwsForTests, uri: str) -> dict[str, str]:
    """The files of a model.tar.gz by name, each as its SHA-256: the archive around them carries times."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    packed = local_aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        files = [member for member in archive.getmembers() if member.isfile()]
        return {file.name: hashlib.sha256(archive.extractfile(file).read()).hexdigest() for file in files}  # type: ignore[union-attr]  # files only


def package(local_aws: LocalAwsForTests, arn: str) -> dict[str, Any]:
    """A version in the registry."""
    found: dict[str, Any] = local_aws.client("sagemaker").describe_model_package(ModelPackageName=arn)
    return found


def quality(local_aws: LocalAwsForTests, version: dict[str, Any]) -> dict[str, Any]:
    """The evaluation that a version names."""
    uri = version["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    found: dict[str, Any] = json.loads(local_aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    return found


def make(local_aws: LocalAwsForTests, outputs: dict[str, str], model: Any) -> list[str]:
    """Bring the model's pipeline to its specification twice; what was done each time."""
    place = Target(Aws(local_aws.endpoint_url), outputs, {})
    return [pipeline.bring(place, model) for _ in range(2)]


def executed(local_aws: LocalAwsForTests, name: str, parameters: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Start an execution, and wait for it; its steps by name."""
    sagemaker = local_aws.client("sagemaker")
    given = [{"Name": key, "Value": value} for key, value in parameters.items()]
    arn = sagemaker.start_pipeline_execution(
        PipelineName=name, PipelineParameters=given, ClientRequestToken=hashlib.sha256(name.encode()).hexdigest()
    )["PipelineExecutionArn"]

    def there() -> bool:
        found = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        return found["PipelineExecutionStatus"] in ENDED

    eventually(there)
    steps = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    return {step["StepName"]: step for step in steps}
