"""What one processing job does, from waiting for its turn to its outputs in S3."""

from pathlib import Path
from typing import Any

from local_aws.containers import sandbox
from local_aws.containers.environments import EnvironmentFailed, Environments
from local_aws.containers.images import Image, image_for
from local_aws.containers.own_images import Mount
from local_aws.errors import AwsError
from local_aws.processes import ManagedProcess
from local_aws.services.sagemaker.artifacts import Output, Sync
from local_aws.services.sagemaker.channels import InputMissing, S3Input, place
from local_aws.services.sagemaker.observe import JobOutput
from local_aws.services.sagemaker.processing_status import ProcessingStatus
from local_aws.services.sagemaker.run import Failed, JobRun
from local_aws.services.sagemaker.slots import Slots
from local_aws.services.sagemaker.supervision import Control, Ending, Exit
from local_aws.services.sagemaker.workplace import Workplace
from local_aws.state import Record
from local_aws.world import World

GROUP = "/aws/sagemaker/ProcessingJobs"
_ML = sandbox.CONTAINER_ROOT
_LONGEST_MESSAGE = 1024


class ProcessingRun(JobRun):
    """One processing job."""

    def __init__(
        self, world: World, slots: Slots, environments: Environments, status: ProcessingStatus, record: Record
    ) -> None:
        super().__init__(world, slots, status.name, resource="processing-job", log_group=GROUP)
        self._environments = environments
        self._status = status
        self._job = record
        config = record.get("ProcessingOutputConfig", {})
        self._outputs: list[Record] = [wanted["S3Output"] for wanted in config.get("Outputs", [])]
        self._upload = Output(world, config.get("KmsKeyId"))

    def _waits(self) -> None:
        """Nothing tells a job that waits from one that runs: on AWS the capacity is not this machine's."""

    def _never_started(self) -> None:
        self._status.end("Stopped")

    def _failed(self, reason: str, workplace: Workplace) -> None:
        self._status.end("Failed", reason, _message(workplace))

    def _work(self, control: Control, workplace: Workplace, output: JobOutput) -> None:
        self._status.started()
        self._download(workplace)
        image = image_for(self._job["AppSpecification"]["ImageUri"])
        try:
            python = self._environments.python(image, on_line=output.note)
        except EnvironmentFailed as failed:
            control.check()
            raise Failed(f"InternalServerError: {failed}") from failed
        control.check()
        ended = control.run(
            lambda: self._start(image, python, workplace, output), self._job["StoppingCondition"]["MaxRuntimeInSeconds"]
        )
        self._finish(ended, workplace)

    def _start(self, image: Image, python: Path, workplace: Workplace, output: JobOutput) -> ManagedProcess:
        specification = self._job["AppSpecification"]
        entrypoint, arguments = specification.get("ContainerEntrypoint"), specification.get("ContainerArguments", [])
        argv, cwd, mounts = [*(entrypoint or []), *arguments], _ML, list[Mount]()
        env = workplace.environment(self._world, self._job["RoleArn"], python, self._slots.cpus_each)
        if image.own:
            for remark in image.own.remarks():
                output.note(remark)
            argv = argv if entrypoint else image.own.argv(*arguments)
            cwd, mounts = image.own.workdir, workplace.lay_out(image.own)
            env |= image.own.variables(env["PATH"])
        env |= {
            "PROCESSING_JOB_NAME": self._name,
            "PROCESSING_JOB_ARN": self._job["ProcessingJobArn"],
            **self._job.get("Environment", {}),
        }
        network = not self._job.get("NetworkConfig", {}).get("EnableNetworkIsolation", False)
        return workplace.start(self._world, argv, env, output, cwd=cwd, mounts=mounts, network=network)

    def _download(self, workplace: Workplace) -> None:
        try:
            for given in self._job.get("ProcessingInputs", []):
                source = given["S3Input"]
                wanted = S3Input(source["S3Uri"], source["S3DataType"], self._world.region, self._job["RoleArn"])
                place(wanted.objects(self._world.objects), workplace.folder(source["LocalPath"]), link=False)
        except InputMissing as missing:
            raise Failed(f"ClientError: Failed to download data. {missing}") from missing
        for wanted_output in self._outputs:
            folder = workplace.folder(wanted_output["LocalPath"])
            if wanted_output["S3UploadMode"] == "Continuous":
                self._keep_in_sync(Sync(self._upload, folder, wanted_output["S3Uri"]))
        workplace.folder(f"{_ML}/output")
        workplace.write_json(f"{_ML}/config/processingjobconfig.json", _processing_job_config(self._job))
        workplace.write_json(f"{_ML}/config/resourceconfig.json", {"current_host": "algo-1", "hosts": ["algo-1"]})

    def _finish(self, ended: Exit, workplace: Workplace) -> None:
        if ended.ending is Ending.EXITED and ended.code == 0:
            try:
                for wanted in self._outputs:
                    if wanted["S3UploadMode"] == "EndOfJob":
                        self._upload.folder(workplace.folder(wanted["LocalPath"]), wanted["S3Uri"])
                self._finish_syncs()
            except AwsError as error:
                raise Failed(f"ClientError: Failed to upload output data: {error}") from error
            self._status.end("Completed", message=_message(workplace))
            return
        self._finish_syncs()
        if ended.ending is Ending.EXITED:
            raise Failed(f"AlgorithmError: See job logs for more information, exit code: {ended.code}")
        too_long = "ClientError: The processing job ran longer than MaxRuntimeInSeconds and was stopped."
        reason = too_long if ended.ending is Ending.TIMED_OUT else None
        self._status.end("Stopped", reason, _message(workplace))


def _message(workplace: Workplace) -> str:
    return workplace.read_text(f"{_ML}/output/message", _LONGEST_MESSAGE)


def _processing_job_config(job: Record) -> dict[str, Any]:
    """The content of processingjobconfig.json: the request, and what SageMaker added to it."""
    unwanted = ("ProcessingJobStatus", "CreationTime", "LastModifiedTime")
    return {member: value for member, value in job.items() if member not in unwanted}
