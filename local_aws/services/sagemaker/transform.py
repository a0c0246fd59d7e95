"""The API of batch transform: jobs that send objects through a model and keep its answers."""

import logging
import threading
from typing import Any

from local_aws.containers.environments import Environments
from local_aws.containers.serving import ContainerDefinition
from local_aws.errors import AwsError
from local_aws.service import Call
from local_aws.services.sagemaker.models import definition_of, find_model
from local_aws.services.sagemaker.records import LOST, JobRecords, Kind, now
from local_aws.services.sagemaker.slots import Slots
from local_aws.services.sagemaker.tags import Tags
from local_aws.services.sagemaker.transform_processing import Processing
from local_aws.services.sagemaker.transform_requests import Stopped
from local_aws.services.sagemaker.transform_run import TransformFailed, TransformRun
from local_aws.state import Record
from local_aws.world import World

log = logging.getLogger(__name__)

_KIND = Kind(
    noun="transform job",
    stem="TransformJob",
    resource="transform-job",
    exists="Job name must be unique within an AWS account and region, and a job with this name already exists ({arn})",
    unknown="Could not find requested job with name: {name}",
)
_SUMMARY = (
    "TransformJobName",
    "TransformJobArn",
    "CreationTime",
    "TransformEndTime",
    "LastModifiedTime",
    "TransformJobStatus",
    "FailureReason",
)


class TransformJobs:
    """Batch transform jobs."""

    def __init__(self, world: World, environments: Environments) -> None:
        self._world = world
        self._environments = environments
        self._records = JobRecords(world, _KIND, "sagemaker.transform_jobs")
        self._tags = Tags(world)
        self._slots = Slots()
        self._lock = threading.Lock()
        self._running: dict[str, tuple[TransformRun, threading.Thread]] = {}
        self._ending = False

    def create_transform_job(self, call: Call) -> dict[str, Any]:
        """Start a job; its model is fixed now, whatever happens to the model's record later."""
        params = dict(call.params)
        tags = params.pop("Tags", [])
        _check(params)
        model = find_model(self._world, params["ModelName"])
        record = self._records.create({**params, "TransformJobStatus": "InProgress"})
        self._tags.put(record["TransformJobArn"], tags)
        self._launch(record, definition_of(model))
        return {"TransformJobArn": record["TransformJobArn"]}

    def _launch(self, record: Record, definition: ContainerDefinition) -> None:
        name = record["TransformJobName"]
        run = TransformRun(self._world, self._environments, record, definition)
        thread = threading.Thread(target=self._run, args=(name, run), name=f"job-{name}", daemon=True)
        with self._lock:
            self._running[name] = (run, thread)
        thread.start()

    def describe_transform_job(self, call: Call) -> dict[str, Any]:
        """The job."""
        return self._records.get(call.params["TransformJobName"])

    def list_transform_jobs(self, call: Call) -> dict[str, Any]:
        """A page of jobs, newest first."""
        return self._records.list(call.params, _SUMMARY)

    def stop_transform_job(self, call: Call) -> None:
        """Ask a job to stop: Stopping, then Stopped. What it finished stays in S3."""
        name = call.params["TransformJobName"]
        with self._lock:
            self._records.check_stoppable(name)
            self._records.change(name, TransformJobStatus="Stopping")
            found = self._running.get(name)
        if found:
            found[0].stop()
            self._slots.wake()

    def start(self) -> None:
        """Take up, from their beginning, the jobs that ran when an earlier local_aws ended, if their model is there."""
        for record in self._records.unfinished():
            name = record["TransformJobName"]
            if record["TransformJobStatus"] == "Stopping":
                self._finish(name, "Stopped", None)
                continue
            try:
                model = find_model(self._world, record["ModelName"])
            except AwsError:
                self._finish(name, "Failed", LOST)
            else:
                self._launch(record, definition_of(model))

    def stop(self) -> None:
        """End all jobs' processes; the next start says what became of them."""
        self._environments.stop()
        self._ending = True
        with self._lock:
            running = list(self._running.values())
        for run, _ in running:
            run.stop()
        self._slots.wake()
        for _, thread in running:
            thread.join()

    def _run(self, name: str, run: TransformRun) -> None:
        took_slot = self._slots.take(lambda: run.stopping, lambda: None)
        try:
            self._records.change(name, TransformStartTime=now())
            run.run()
            outcome: tuple[str, str | None] = ("Completed", None)
        except Stopped:
            outcome = ("Stopped", None)
        except TransformFailed as failed:
            outcome = ("Failed", str(failed))
        except Exception as error:
            log.exception("transform job %s", name)
            outcome = ("Failed", f"InternalServerError: {error!r}")
        if took_slot:
            self._slots.release()
        with self._lock:
            self._running.pop(name)
            if not self._ending:
                self._finish(name, *outcome)

    def _finish(self, name: str, status: str, reason: str | None) -> None:
        members: dict[str, Any] = {"TransformJobStatus": status, "TransformEndTime": now()}
        if reason:
            members["FailureReason"] = reason[:1024]
        self._records.change(name, **members)


def _check(params: dict[str, Any]) -> None:
    """Refuse what AWS refuses, and by name what is not served."""
    source = params["TransformInput"]["DataSource"]["S3DataSource"]
    split = params["TransformInput"].get("SplitType", "None")
    unserved = [f"SplitType={split}"] if split not in ("None", "Line") else []
    if source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        unserved.append(f"S3DataType={source['S3DataType']}")
    if "DataCaptureConfig" in params:
        unserved.append("DataCaptureConfig")
    if unserved:
        raise AwsError("NotImplemented", f"local_aws does not serve {', '.join(unserved)} of a transform job", 501)
    Processing(params)
    together = params.get("MaxConcurrentTransforms", 1) * params.get("MaxPayloadInMB", 6)
    if together > 100:
        message = "MaxConcurrentTransforms * MaxPayloadInMB must not exceed 100 MB"
        raise AwsError("ValidationException", f"{message}; it is {together} MB.")
