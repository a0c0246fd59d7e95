"""What one training job does, from waiting for its turn to its artifacts in S3."""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

from local_aws.containers import sandbox
from local_aws.containers.environments import EnvironmentFailed, Environments
from local_aws.containers.script_mode import NoCode, failure_message
from local_aws.errors import AwsError
from local_aws.services.sagemaker import training_status as step
from local_aws.services.sagemaker.artifacts import Output, Sync, below
from local_aws.services.sagemaker.builtin_metrics import definitions
from local_aws.services.sagemaker.channels import InputMissing
from local_aws.services.sagemaker.cluster import host_names
from local_aws.services.sagemaker.host_group import HostGroup
from local_aws.services.sagemaker.observe import JobOutput, Metrics
from local_aws.services.sagemaker.records import now
from local_aws.services.sagemaker.run import Failed, Host, Interrupted, JobRun
from local_aws.services.sagemaker.slots import Slots
from local_aws.services.sagemaker.supervision import Control, Ending, Exit
from local_aws.services.sagemaker.training_artifacts import upload
from local_aws.services.sagemaker.training_container import TrainingContainer
from local_aws.services.sagemaker.training_data import TrainingData
from local_aws.services.sagemaker.training_status import TrainingStatus
from local_aws.services.sagemaker.workplace import Workplace
from local_aws.state import Record
from local_aws.world import World

GROUP = "/aws/sagemaker/TrainingJobs"
METRICS = "/aws/sagemaker/TrainingJobs"
_ML = sandbox.CONTAINER_ROOT
_KILLED = 137
_OUT_OF_MEMORY = (
    "ClientError: Please use an instance type with more memory, or reduce the size of training data processed on the "
    "instance."
)


class TrainingRun(JobRun):
    """One training job, on one or several hosts."""

    def __init__(
        self,
        world: World,
        slots: Slots,
        environments: Environments,
        status: TrainingStatus,
        record: Record,
        on_metric: Callable[[str, str, float], None],
    ) -> None:
        self._read = Metrics(definitions(record["AlgorithmSpecification"]), self._put_metric)
        super().__init__(
            world,
            slots,
            status.name,
            resource="training-job",
            log_group=GROUP,
            metrics=self._read,
            host_names=host_names(record["ResourceConfig"].get("InstanceCount", 1)),
        )
        self._environments = environments
        self._on_metric = on_metric
        self._status = status
        self._job = record
        self._trained = 0.0  # seconds, over all interruptions
        self._lost = threading.Event()

    def _waits(self) -> None:
        self._status.to(step.PENDING)

    def _never_started(self) -> None:
        self._status.stopped(step.STOPPED)

    def _failed(self, reason: str, workplace: Workplace) -> None:
        self._status.fail(reason, FinalMetricDataList=self._read.final())

    def _work(self, control: Control, workplace: Workplace, output: JobOutput) -> None:
        self._status.to(step.PREPARING)
        self._status.begin()
        linked = self._download()
        self._status.to(step.DOWNLOADING_IMAGE)
        containers = [self._container(host) for host in self._hosts]
        try:
            for container in containers:
                container.prepare(self._environments)
        except NoCode as error:
            raise Failed(f"AlgorithmError: framework error: \n{error}") from error
        except EnvironmentFailed as failed:
            control.check()
            raise Failed(self._environment_failure(failed)) from failed
        control.check()
        self._status.to(step.TRAINING)
        self._train(control, containers, linked)

    def _container(self, host: Host) -> TrainingContainer:
        cpus = max(1, self._slots.cpus_each // len(self._hosts))
        return TrainingContainer(self._world, self._job, host, self._host_names, cpus)

    def _train(self, control: Control, containers: list[TrainingContainer], linked: list[str]) -> None:
        groups: list[HostGroup] = []

        def start() -> HostGroup:
            groups.append(HostGroup.start([partial(container.start, linked) for container in containers]))
            if self._job["EnableManagedSpotTraining"]:
                self._world.faults.jobs.may_lose_spot(self._name, groups[0], self._lost)
            return groups[0]

        began, (left, limit) = time.monotonic(), self._seconds_left()
        ended = control.run(start, left)
        self._trained += time.monotonic() - began
        if self._lost.is_set() and ended.ending is Ending.EXITED:
            self._interrupted()
            return
        culprit = groups[0].failed if groups else None
        self._finish(ended, containers, culprit or 0, limit)

    def _seconds_left(self) -> tuple[float, step.Step]:
        """How long the job may still run, and which limit that is: of its run time, or of a spot job's whole time."""
        stopping = self._job["StoppingCondition"]
        left = stopping["MaxRuntimeInSeconds"] - self._trained
        waits = stopping.get("MaxWaitTimeInSeconds", float("inf")) - self._age()
        return (left, step.MAX_RUNTIME_EXCEEDED) if left <= waits else (max(0, waits), step.MAX_WAIT_TIME_EXCEEDED)

    def _age(self) -> float:
        return float((now() - self._job["CreationTime"]).total_seconds())

    def _interrupted(self) -> None:
        """Keep the checkpoints; what else the job has written is lost with its machines.

        :raises Interrupted: unless the job has waited for as long as it may.
        """
        self._finish_syncs()
        self._lost.clear()
        if self._age() > self._job["StoppingCondition"]["MaxWaitTimeInSeconds"]:
            self._status.stopped(step.MAX_WAIT_TIME_EXCEEDED)
            return
        self._status.to(step.INTERRUPTED)
        raise Interrupted

    def _download(self) -> list[str]:
        """Make the channels; returns the folders that the containers may not write to."""
        data = TrainingData(self._world, self._job)
        try:
            linked = data.download(self._hosts)
        except InputMissing as missing:
            raise Failed(f"ClientError: Data download failed:{missing}") from missing
        if "CheckpointConfig" in self._job:
            uri = below(self._job["CheckpointConfig"]["S3Uri"], "")
            for host in self._hosts:
                folder = data.restore_checkpoints(uri, host)
                self._keep_in_sync(Sync(Output(self._world, None), folder, uri))
        return linked

    def _finish(self, ended: Exit, containers: list[TrainingContainer], culprit: int, limit: step.Step) -> None:
        """Upload and record the end.

        :param culprit: number of the host that failed, should one have failed.
        :param limit: which limit it is that the job exceeded, should it have.
        """
        failed = ended.ending is Ending.EXITED and ended.code != 0
        for container in containers:
            if not failed and container.toolkit and ended.ending is Ending.EXITED:
                container.host.output.note("Reporting training SUCCESS")
        self._status.to(step.UPLOADING)
        try:
            self._finish_syncs()
            artifacts = upload(self._world, self._job, self._hosts, model=not failed)
        except AwsError as error:
            raise Failed(f"ClientError: Artifact upload failed:{error}") from error
        if failed:
            raise Failed(self._failure(ended.code, containers[culprit]))
        final = {**artifacts, "FinalMetricDataList": self._read.final()}
        if ended.ending is Ending.EXITED:
            self._status.complete(**final)
        else:
            self._status.stopped(step.STOPPED if ended.ending is Ending.STOPPED else limit, **final)

    def _failure(self, code: int, container: TrainingContainer) -> str:
        head, tail = "AlgorithmError: ", f", exit code: {1 if container.toolkit else code}"
        host, room = container.host, 1024 - len(head) - len(tail)
        if container.toolkit:
            lines = list(host.output.last_lines)
            told = failure_message("ExecuteUserScriptError", code, lines, container.shown_command, room)
        else:
            told = host.workplace.read_text(f"{_ML}/output/failure", room)
        if code == _KILLED and not told:
            return f"{_OUT_OF_MEMORY}{tail}"
        return f"{head}{told}{tail}"

    def _environment_failure(self, failed: EnvironmentFailed) -> str:
        if not failed.own:
            return f"InternalServerError: {failed}"
        command = ["python", "-m", "pip", "install", "-r", "requirements.txt"]
        told = failure_message("InstallRequirementsError", 1, [*failed.output[-3:], str(failed)], command, 980)
        return f"AlgorithmError: {told}, exit code: 1"

    def _put_metric(self, name: str, value: float, at: datetime) -> None:
        self._world.metrics.put(METRICS, name, value, {"TrainingJobName": self._name}, at)
        self._on_metric(self._name, name, value)
