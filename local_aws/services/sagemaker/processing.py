"""Processing jobs: the API. What a job does is in ``processing_run.py``."""

import shutil
from typing import Any

from local_aws.containers.environments import Environments
from local_aws.service import Call
from local_aws.services.sagemaker import checks
from local_aws.services.sagemaker.processing_run import ProcessingRun
from local_aws.services.sagemaker.processing_status import ProcessingStatus
from local_aws.services.sagemaker.records import JobRecords, Kind
from local_aws.services.sagemaker.supervision import Supervisor
from local_aws.services.sagemaker.tags import Tags
from local_aws.services.sagemaker.workplace import folder_of_jobs
from local_aws.state import Record
from local_aws.world import World

PROCESSING_JOB = Kind(
    noun="processing job",
    stem="ProcessingJob",
    resource="processing-job",
    exists="Job name must be unique within an AWS account and region, and a job with this name already exists ({arn})",
    unknown="Could not find requested job with name: {name}",
)
_ONE_DAY = 86400
_SUMMARY = (
    "ProcessingJobName",
    "ProcessingJobArn",
    "CreationTime",
    "ProcessingEndTime",
    "LastModifiedTime",
    "ProcessingJobStatus",
    "FailureReason",
    "ExitMessage",
)


class ProcessingJobs:
    """Answers the operations on processing jobs and runs them."""

    def __init__(self, world: World, supervisor: Supervisor, environments: Environments, tags: Tags) -> None:
        self._world = world
        self._supervisor = supervisor
        self._environments = environments
        self._tags = tags
        self._records = JobRecords(world, PROCESSING_JOB, "sagemaker.processing_jobs")

    def create_processing_job(self, call: Call) -> dict[str, Any]:
        """Check, record and launch a job."""
        params = call.params
        _check(params)
        request = {member: value for member, value in params.items() if member != "Tags"}
        request["StoppingCondition"] = {"MaxRuntimeInSeconds": _ONE_DAY, **request.get("StoppingCondition", {})}
        record = self._records.create({**request, "ProcessingJobStatus": "InProgress"})
        self._tags.put(record["ProcessingJobArn"], params.get("Tags"))
        self._run(record)
        return {"ProcessingJobArn": record["ProcessingJobArn"]}

    def _run(self, record: Record) -> None:
        status = ProcessingStatus(self._records, record["ProcessingJobName"])
        run = ProcessingRun(self._world, self._supervisor.slots, self._environments, status, record)
        self._supervisor.launch(record["ProcessingJobArn"], run.run)

    def describe_processing_job(self, call: Call) -> dict[str, Any]:
        """Everything about a job."""
        return self._records.get(call.params["ProcessingJobName"])

    def list_processing_jobs(self, call: Call) -> dict[str, Any]:
        """Jobs, newest first."""
        return self._records.list(call.params, _SUMMARY)

    def stop_processing_job(self, call: Call) -> None:
        """Ask a job to end; a second time changes nothing."""
        name = call.params["ProcessingJobName"]
        ProcessingStatus(self._records, name).stop()
        self._supervisor.stop(self._records.arn(name))

    def start(self) -> None:
        """Take up, from their beginning, the jobs that ran when local_aws ended: on AWS they would not have noticed."""
        shutil.rmtree(folder_of_jobs(self._world.root, PROCESSING_JOB.resource), ignore_errors=True)
        for record in self._records.unfinished():
            if record["ProcessingJobStatus"] == "Stopping":
                ProcessingStatus(self._records, record["ProcessingJobName"]).end("Stopped")
            else:
                self._run(record)


def _check(params: dict[str, Any]) -> None:
    specification = params["AppSpecification"]
    image = checks.check_image(specification["ImageUri"], has_entrypoint=True)
    if not specification.get("ContainerEntrypoint") and not (image.own and image.own.dockerfile.entrypoint):
        raise checks.invalid(
            f"The image {specification['ImageUri']} has no entrypoint for processing jobs. Give ContainerEntrypoint."
        )
    checks.check_instances(params["ProcessingResources"]["ClusterConfig"]["InstanceCount"])
    checks.check_role(params["RoleArn"])
    for given in params.get("ProcessingInputs", []):
        _check_input(given)
    for wanted in params.get("ProcessingOutputConfig", {}).get("Outputs", []):
        reasons = {"FeatureStoreOutput": "there is no feature store here", "AppManaged": "give S3Output"}
        checks.refuse(wanted, reasons)
        checks.check_local_path(wanted["S3Output"].get("LocalPath", ""))


def _check_input(given: dict[str, Any]) -> None:
    checks.refuse(given, {"DatasetDefinition": "unload the data to S3 first", "AppManaged": "give S3Input"})
    if "S3Input" not in given:
        raise checks.invalid(f"The processing input {given['InputName']} needs S3Input.")
    source = given["S3Input"]
    if source.get("S3InputMode", "File") != "File":
        raise checks.invalid("local_aws does not serve S3InputMode Pipe: use File.")
    if source.get("S3CompressionType", "None") != "None":
        raise checks.invalid("Gzip can only be used if Pipe mode is specified as the S3InputMode.")
    checks.check_local_path(source.get("LocalPath", ""))
