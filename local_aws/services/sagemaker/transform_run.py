"""One batch transform job at work: its model server, every input through it, the answers in order to S3."""

import gzip
import json
import threading
import time
import uuid
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import IO

from local_aws.containers.environments import Environments
from local_aws.containers.serving import ContainerDefinition, ContainerFailed, ServingContainer
from local_aws.errors import AwsError
from local_aws.objects import ObjectInfo
from local_aws.services.sagemaker.artifacts import Output, below
from local_aws.services.sagemaker.channels import InputMissing, S3Input
from local_aws.services.sagemaker.transform_payloads import PayloadTooLarge, open_input, payloads
from local_aws.services.sagemaker.transform_processing import BadRecord
from local_aws.services.sagemaker.transform_requests import BadAnswer, Requests, Stopped
from local_aws.state import Record
from local_aws.world import World

LOG_GROUP = "/aws/sagemaker/TransformJobs"
_STARTUP_SECONDS = 600
_MEGABYTE = 2**20
#: AWS's "no limit" (MaxPayloadInMB=0) streams the file; here a request holds at most this much.
_UNLIMITED = 2048 * _MEGABYTE


class TransformFailed(Exception):
    """The job fails; the message is its FailureReason."""


@dataclass(frozen=True)
class Settings:
    """How requests are made: from the job, else from the container's /execution-parameters, else AWS's defaults."""

    concurrency: int
    limit: int
    strategy: str

    @classmethod
    def of(cls, job: Record, execution_parameters: bytes | None) -> "Settings":
        """Raises ``ValueError`` for execution parameters that are not what they should be."""
        said = json.loads(execution_parameters) if execution_parameters else {}
        megabytes = int(job.get("MaxPayloadInMB", said.get("MaxPayloadInMB", 6)))
        strategy = str(said.get("BatchStrategy", "MULTI_RECORD")).replace("_", "").lower()
        return cls(
            concurrency=int(job.get("MaxConcurrentTransforms") or said.get("MaxConcurrentTransforms", 1)),
            limit=megabytes * _MEGABYTE or _UNLIMITED,
            strategy=job.get("BatchStrategy", "SingleRecord" if strategy == "singlerecord" else "MultiRecord"),
        )


class TransformRun:
    """The work of one job. ``stop`` may be called from any thread, at any time."""

    def __init__(self, world: World, environments: Environments, job: Record, definition: ContainerDefinition) -> None:
        self._world = world
        self._job = job
        self._stopping = threading.Event()
        self._stream = f"{job['TransformJobName']}/i-{uuid.uuid4().hex[:17]}-{int(time.time())}"
        self._log = world.logs.stream(LOG_GROUP, self._stream)
        self._data_log = world.logs.stream(LOG_GROUP, f"{self._stream}/data-log")
        environment = {**definition.environment, "SAGEMAKER_BATCH": "true", **job.get("Environment", {})}
        self._container = ServingContainer(world, environments, replace(definition, environment=environment), self._log)
        self._role = definition.role_arn or ""
        self._input = job["TransformInput"]
        self._output = job["TransformOutput"]

    def run(self) -> None:
        """Transform everything.

        A file with a bad record has no output; the others are transformed all the same, as on AWS.

        :raises TransformFailed: when the container does not serve, there is no input, or a file failed.
        :raises Stopped: when asked to.
        """
        try:
            self._unless_stopped()
            inputs = self._inputs()
            self._container.start(_STARTUP_SECONDS, self._stopping)
            settings = self._settings()
            failures = [failure for name, info in inputs if (failure := self._transform(name, info, settings))]
            self._unless_stopped()
        except Exception as error:
            # Stopping ends the server under whatever was going on; what that led to is no failure of its own.
            self._unless_stopped()
            raise self._named(error) from error
        finally:
            self._container.stop()
            self._log.close()
            self._data_log.close()
        if failures:
            blame, what = failures[0]
            where = f"stream {self._stream}/data-log"
            raise TransformFailed(f"{blame}: See job logs for more information ({where}): {what}")

    def stop(self) -> None:
        """End the work soon; ``run`` raises."""
        self._stopping.set()
        self._container.stop()

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self._stopping.is_set()

    def _named(self, error: Exception) -> Exception:
        """The error as the job's failure, where it is one that SageMaker has a name for."""
        if isinstance(error, ContainerFailed):
            reason = f"AlgorithmError: See job logs for more information (stream {self._stream}): {error.reason}"
            tail = "\n".join(error.lines)
            return TransformFailed(f"{reason}\n{tail[-(1000 - len(reason)) :]}")
        if isinstance(error, AwsError):
            return TransformFailed(f"ClientError: {error.message}")
        return error

    def _inputs(self) -> list[tuple[str, ObjectInfo]]:
        source = self._input["DataSource"]["S3DataSource"]
        try:
            return S3Input(source["S3Uri"], source["S3DataType"], self._world.region, self._role).objects(
                self._world.objects
            )
        except InputMissing as missing:
            self._say("job", str(missing))
            raise TransformFailed(f"ClientError: {missing}") from missing

    def _settings(self) -> Settings:
        try:
            settings = Settings.of(self._job, self._container.connection.execution_parameters())
        except (ValueError, TypeError, AttributeError) as error:
            raise TransformFailed(
                f"AlgorithmError: /execution-parameters did not answer as it should: {error}"
            ) from error
        strategy = "MULTI_RECORD" if settings.strategy == "MultiRecord" else "SINGLE_RECORD"
        megabytes = settings.limit // _MEGABYTE if settings.limit < _UNLIMITED else 0
        self._say(
            None,
            f"MaxConcurrentTransforms={settings.concurrency}, MaxPayloadInMB={megabytes}, BatchStrategy={strategy}",
        )
        return settings

    def _transform(self, name: str, info: ObjectInfo, settings: Settings) -> tuple[str, str] | None:
        """One input file to its output; None, or who is to blame for what when it failed."""
        what = f"{info.bucket}/{info.key}"
        answers = self._world.objects.incoming()
        try:
            split = self._input.get("SplitType", "None")
            with (
                open_input(info.path, self._input.get("CompressionType", "None")) as file,
                answers.open("wb") as target,
            ):
                requests = Requests(self._container.connection, self._job, self._stopping)
                bodies = payloads(file, split, settings.strategy, settings.limit)
                for answer in requests.in_order(bodies, settings.concurrency):
                    self._assemble(answer, target)
            Output(self._world, self._output.get("KmsKeyId")).file(
                answers, below(self._output["S3OutputPath"], f"{name}.out")
            )
        except BadAnswer as bad:
            self._unless_stopped()
            self._say(what, str(bad), "", "Message:", *bad.message.splitlines())
            first = bad.message.strip().splitlines()[:1]
            # Where a model says what is wrong with a payload, it counts from the payload's beginning.
            return bad.blame, ": ".join([what, f"{bad} for the payload from line {bad.line} on", *first])
        except (PayloadTooLarge, BadRecord, gzip.BadGzipFile, EOFError, zlib.error) as error:
            self._say(what, f"ClientError: {error}")
            return "ClientError", f"{what}: {error}"
        finally:
            answers.unlink(missing_ok=True)
        return None

    def _assemble(self, answer: bytes, target: IO[bytes]) -> None:
        target.write(answer)
        if self._output.get("AssembleWith") == "Line" and not answer.endswith(b"\n"):
            target.write(b"\n")

    def _say(self, what: str | None, *lines: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
        for line in lines:
            self._data_log.write(f"{now}:[sagemaker logs]: {f'{what}: ' if what else ''}{line}")

    def _unless_stopped(self) -> None:
        if self._stopping.is_set():
            raise Stopped
