"""Training jobs: the API. What a job does is in ``training_run.py``."""

import shutil
from collections.abc import Callable
from typing import Any

from local_aws.containers.environments import Environments
from local_aws.errors import AwsError
from local_aws.service import Call
from local_aws.services.sagemaker import checks
from local_aws.services.sagemaker.observe import check_definitions
from local_aws.services.sagemaker.records import LOST, JobRecords, Kind
from local_aws.services.sagemaker.supervision import Control, Supervisor
from local_aws.services.sagemaker.tags import Tags
from local_aws.services.sagemaker.training_run import TrainingRun
from local_aws.services.sagemaker.training_status import RESTARTING, STOPPED, TrainingStatus
from local_aws.services.sagemaker.workplace import folder_of_jobs
from local_aws.state import Record
from local_aws.world import World

TRAINING_JOB = Kind(
    noun="training job",
    stem="TrainingJob",
    resource="training-job",
    exists=(
        "Training job names must be unique within an AWS account and region, and a training job with this name "
        "already exists ({arn})"
    ),
    unknown="Requested resource not found.",
)
_ONE_DAY = 86400
_UNSERVED = {
    "AlgorithmSpecification.AlgorithmName": "give the TrainingImage",
    "DebugRuleConfigurations": "rules are not evaluated",
    "ProfilerRuleConfigurations": "rules are not evaluated",
    "TensorBoardOutputConfig": "write TensorBoard data to the checkpoints or /opt/ml/output/data",
    "RemoteDebugConfig.EnableRemoteDebug": "there is no SSM here",
    "ServerlessJobConfig": "there are no base models here",
    "MlflowConfig": "there is no MLflow server here",
    "ModelPackageConfig": "register the model with CreateModelPackage",
    "ResourceConfig.InstanceGroups": "the hosts of a job are all alike",
    "ResourceConfig.KeepAlivePeriodInSeconds": "there are no warm pools here",
    "ResourceConfig.TrainingPlanArn": "there are no training plans here",
}
#: What a description says where the request says nothing.
_DEFAULTS: dict[str, Any] = {
    "EnableNetworkIsolation": False,
    "EnableInterContainerTrafficEncryption": False,
    "EnableManagedSpotTraining": False,
    "ProfilingStatus": "Disabled",
}
_SUMMARY = (
    "TrainingJobName",
    "TrainingJobArn",
    "CreationTime",
    "TrainingEndTime",
    "LastModifiedTime",
    "TrainingJobStatus",
    "SecondaryStatus",
)

#: Told the name of each training job that has ended.
OnEnd = Callable[[str], None]
#: Told each metric that a training job prints: the job's name, the metric's, the value.
OnMetric = Callable[[str, str, float], None]


class TrainingJobs:
    """Answers the operations on training jobs and runs them."""

    def __init__(self, world: World, supervisor: Supervisor, environments: Environments, tags: Tags) -> None:
        self._world = world
        self._supervisor = supervisor
        self._environments = environments
        self._tags = tags
        self.records = JobRecords(world, TRAINING_JOB, "sagemaker.training_jobs")
        self._on_end: list[OnEnd] = []
        self._on_metric: list[OnMetric] = []

    def create_training_job(self, call: Call) -> dict[str, Any]:
        """Check, record and launch a job."""
        return {"TrainingJobArn": self.launch(call.params)["TrainingJobArn"]}

    def describe_training_job(self, call: Call) -> dict[str, Any]:
        """Everything about a job."""
        return self.records.get(call.params["TrainingJobName"])

    def list_training_jobs(self, call: Call) -> dict[str, Any]:
        """Jobs, newest first."""
        return self.records.list(call.params, _SUMMARY)

    def stop_training_job(self, call: Call) -> None:
        """Ask a job to end; a second time changes nothing."""
        name = call.params["TrainingJobName"]
        TrainingStatus(self.records, name).stop()
        self._supervisor.stop(self.records.arn(name))

    def check(self, params: dict[str, Any]) -> None:
        """Refuse what cannot run; tuning asks this before its first trial.

        :raises AwsError: ``ValidationException``.
        """
        specification = params["AlgorithmSpecification"]
        checks.refuse(params, _UNSERVED)
        checks.check_image(specification.get("TrainingImage"), has_entrypoint="ContainerEntrypoint" in specification)
        if not params.get("ResourceConfig", {}).get("InstanceType"):
            raise checks.invalid("ResourceConfig with InstanceType is required.")
        count = params["ResourceConfig"].get("InstanceCount", 1)
        checks.check_hosts(count, isolated=params.get("EnableNetworkIsolation", False))
        checks.check_role(params["RoleArn"])
        _check_spot(params)
        if "CheckpointConfig" in params:
            checks.check_local_path(params["CheckpointConfig"].get("LocalPath", "/opt/ml/checkpoints"))
        check_definitions(specification.get("MetricDefinitions", []))
        checks.check_channels(
            self._world, params.get("InputDataConfig", []), specification["TrainingInputMode"], params["RoleArn"]
        )

    def launch(self, params: dict[str, Any], **more: Any) -> Record:
        """Check, record and launch a job; ``more`` are members of its description that no request has.

        :raises AwsError: ``ValidationException`` or ``ResourceInUse``.
        """
        self.check(params)
        request = {member: value for member, value in params.items() if member != "Tags"}
        request["StoppingCondition"] = {"MaxRuntimeInSeconds": _ONE_DAY, **request.get("StoppingCondition", {})}
        record = self.records.create({**_DEFAULTS, **TrainingStatus.first(), **request, **more})
        self._tags.put(record["TrainingJobArn"], params.get("Tags"))
        self._run(record)
        return record

    def _run(self, record: Record) -> None:
        name = record["TrainingJobName"]
        status = TrainingStatus(self.records, name)
        run = TrainingRun(self._world, self._supervisor.slots, self._environments, status, record, self._measured)

        def job(control: Control) -> None:
            run.run(control)
            for on_end in self._on_end:
                on_end(name)

        self._supervisor.launch(record["TrainingJobArn"], job)

    def stop_all(self, names: list[str]) -> None:
        """Ask each of these jobs to end, if it has not."""
        for name in names:
            try:
                TrainingStatus(self.records, name).stop()
            except AwsError:
                continue  # it ended meanwhile
            self._supervisor.stop(self.records.arn(name))

    def on_end(self, listener: OnEnd) -> None:
        """Have ``listener`` told of each job that ends."""
        self._on_end.append(listener)

    def on_metric(self, listener: OnMetric) -> None:
        """Have ``listener`` told of each metric that a job prints, from the thread that reads its output."""
        self._on_metric.append(listener)

    def _measured(self, name: str, metric: str, value: float) -> None:
        for listener in self._on_metric:
            listener(name, metric, value)

    def start(self) -> None:
        """Take up the jobs that ran when local_aws ended: from their beginning, or from their checkpoints.

        On AWS a job does not notice that its API was down. A trial is lost, since its search is.
        """
        shutil.rmtree(folder_of_jobs(self._world.root, TRAINING_JOB.resource), ignore_errors=True)
        for record in self.records.unfinished():
            status = TrainingStatus(self.records, record["TrainingJobName"])
            if "TuningJobArn" in record:
                status.fail(LOST)
            elif record["TrainingJobStatus"] == "Stopping":
                status.stopped(STOPPED)
            else:
                status.to(RESTARTING)
                self._run(self.records.get(record["TrainingJobName"]))


def _check_spot(params: dict[str, Any]) -> None:
    stopping = params.get("StoppingCondition", {})
    longest = stopping.get("MaxRuntimeInSeconds", _ONE_DAY)
    if params.get("EnableManagedSpotTraining"):
        if stopping.get("MaxWaitTimeInSeconds", 0) < longest:
            raise checks.invalid(
                "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds"
            )
    elif "MaxWaitTimeInSeconds" in stopping:
        raise checks.invalid(
            "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true"
        )
