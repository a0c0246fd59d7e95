"""What one training job does, from waiting for its turn to its artifacts in S3."""

import threading
import time
from datetime import datetime
from typing import Any

from local_aws.containers import sandbox
from local_aws.containers.environments import EnvironmentFailed, Environments
from local_aws.containers.script_mode import NoCode, failure_message
from local_aws.errors import AwsError
from local_aws.processes import ManagedProcess
from local_aws.services.sagemaker import training_status as step
from local_aws.services.sagemaker.artifacts import Output, Sync, below
from local_aws.services.sagemaker.builtin_metrics import definitions
from local_aws.services.sagemaker.channels import InputMissing, S3Input, place
from local_aws.services.sagemaker.observe import JobOutput, Metrics
from local_aws.services.sagemaker.records import now
from local_aws.services.sagemaker.run import Failed, Interrupted, JobRun
from local_aws.services.sagemaker.slots import Slots
from local_aws.services.sagemaker.supervision import Control, Ending, Exit
from local_aws.services.sagemaker.training_container import TrainingContainer
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
    """One training job."""

    def __init__(
        self, world: World, slots: Slots, environments: Environments, status: TrainingStatus, record: Record
    ) -> None:
        self._read = Metrics(definitions(record["AlgorithmSpecification"]), self._put_metric)
        super().__init__(world, slots, status.name, resource="training-job", log_group=GROUP, metrics=self._read)
        self._environments = environments
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
        self._status.to(step.DOWNLOADING, TrainingStartTime=now())
        linked = self._download(workplace)
        container = TrainingContainer(self._world, self._job, workplace, self._slots.cpus_each)
        self._status.to(step.DOWNLOADING_IMAGE)
        try:
            container.prepare(self._environments, output)
        except NoCode as error:
            raise Failed(f"AlgorithmError: framework error: \n{error}") from error
        except EnvironmentFailed as failed:
            control.check()
            raise Failed(self._environment_failure(failed)) from failed
        control.check()
        self._status.to(step.TRAINING)
        began, left = time.monotonic(), self._job["StoppingCondition"]["MaxRuntimeInSeconds"] - self._trained
        ended = control.run(lambda: self._start(container, output, linked), left)
        self._trained += time.monotonic() - began
        if self._lost.is_set() and ended.ending is Ending.EXITED:
            self._interrupted()
            return
        self._finish(ended, container, workplace, output)

    def _start(self, container: TrainingContainer, output: JobOutput, read_only: list[str]) -> ManagedProcess:
        process = container.start(output, read_only=read_only)
        if self._job["EnableManagedSpotTraining"]:
            self._world.faults.jobs.may_lose_spot(self._name, process, self._lost)
        return process

    def _interrupted(self) -> None:
        """Keep the checkpoints; what else the job has written is lost with its machine.

        :raises Interrupted: unless the job has waited for as long as it may.
        """
        self._finish_syncs()
        self._lost.clear()
        waited = (now() - self._job["CreationTime"]).total_seconds()
        if waited > self._job["StoppingCondition"]["MaxWaitTimeInSeconds"]:
            self._status.stopped(step.MAX_WAIT_TIME_EXCEEDED)
            return
        self._status.to(step.INTERRUPTED)
        raise Interrupted

    def _download(self, workplace: Workplace) -> list[str]:
        """Make the channels; returns the folders that the container may not write to."""
        linked = []
        config: dict[str, Any] = {}
        default = self._job["AlgorithmSpecification"]["TrainingInputMode"]
        try:
            for channel in self._job.get("InputDataConfig", []):
                mode, name = channel.get("InputMode", default), channel["ChannelName"]
                # FastFile is read-only on AWS, too; without namespaces nothing guards the objects but a copy.
                link = mode == "FastFile" and sandbox.has_namespaces()
                folder = f"{_ML}/input/data/{name}"
                self._place(channel["DataSource"]["S3DataSource"], workplace, folder, link=link)
                linked += [folder] if link else []
                config[name] = _channel_config(channel, mode)
            self._restore_checkpoints(workplace)
        except InputMissing as missing:
            raise Failed(f"ClientError: Data download failed:{missing}") from missing
        workplace.write_json(f"{_ML}/input/config/inputdataconfig.json", config)
        workplace.write_json(f"{_ML}/input/config/hyperparameters.json", self._job.get("HyperParameters", {}))
        for folder in ("model", "output/data"):
            workplace.folder(f"{_ML}/{folder}")
        return linked

    def _place(self, source: dict[str, Any], workplace: Workplace, folder: str, *, link: bool) -> None:
        wanted = S3Input(source["S3Uri"], source["S3DataType"], self._world.region, self._job["RoleArn"])
        place(wanted.objects(self._world.objects), workplace.folder(folder), link=link)

    def _restore_checkpoints(self, workplace: Workplace) -> None:
        config = self._job.get("CheckpointConfig")
        if not config:
            return
        folder = workplace.folder(config.get("LocalPath", f"{_ML}/checkpoints"))
        uri = below(config["S3Uri"], "")
        for info in self._world.objects.list(uri):
            if not info.key.endswith("/"):
                self._world.objects.download(info.uri, folder / info.uri.removeprefix(uri))
        self._keep_in_sync(Sync(Output(self._world, None), folder, uri))

    def _finish(self, ended: Exit, container: TrainingContainer, workplace: Workplace, output: JobOutput) -> None:
        failed = ended.ending is Ending.EXITED and ended.code != 0
        if not failed and container.toolkit and ended.ending is Ending.EXITED:
            output.note("Reporting training SUCCESS")
        self._status.to(step.UPLOADING)
        try:
            artifacts = self._upload(workplace, model=not failed)
        except AwsError as error:
            raise Failed(f"ClientError: Artifact upload failed:{error}") from error
        if failed:
            raise Failed(self._failure(ended.code, container, workplace, output))
        final = {**artifacts, "FinalMetricDataList": self._read.final()}
        if ended.ending is Ending.EXITED:
            self._status.complete(**final)
        else:
            self._status.stopped(step.STOPPED if ended.ending is Ending.STOPPED else step.MAX_RUNTIME_EXCEEDED, **final)

    def _upload(self, workplace: Workplace, *, model: bool) -> Record:
        self._finish_syncs()
        config = self._job["OutputDataConfig"]
        output = Output(self._world, config.get("KmsKeyId"))
        top = below(config["S3OutputPath"], f"{self._name}/output")
        packed = config.get("CompressionType", "GZIP") == "GZIP"
        for name, inside in {"output": "output/data", **({"model": "model"} if model else {})}.items():
            folder = workplace.folder(f"{_ML}/{inside}")
            # As on AWS, an empty folder leaves no object, though the description names one.
            if not any(folder.iterdir()):
                continue
            if packed:
                output.archive(folder, f"{top}/{name}.tar.gz")
            else:
                output.folder(folder, f"{top}/{name}")
        return {"ModelArtifacts": {"S3ModelArtifacts": f"{top}/model.tar.gz" if packed else f"{top}/model/"}}

    def _failure(self, code: int, container: TrainingContainer, workplace: Workplace, output: JobOutput) -> str:
        head, tail = "AlgorithmError: ", f", exit code: {1 if container.toolkit else code}"
        if container.toolkit:
            room = 1024 - len(head) - len(tail)
            lines = list(output.last_lines)
            told = failure_message("ExecuteUserScriptError", code, lines, container.shown_command, room)
        else:
            told = workplace.read_text(f"{_ML}/output/failure", 1024 - len(head) - len(tail))
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


def _channel_config(channel: dict[str, Any], mode: str) -> dict[str, str]:
    """An entry of inputdataconfig.json."""
    source = channel["DataSource"]["S3DataSource"]
    config = {
        "TrainingInputMode": mode,
        "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
    }
    return config | ({"ContentType": channel["ContentType"]} if "ContentType" in channel else {})
