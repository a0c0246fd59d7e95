"""The Airflow and the local_aws that the matrix crashes: its own, on free ports, with nothing else in them."""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import tarfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.error import URLError

import psutil
from botocore.exceptions import BotoCoreError

from local_aws.testing import LocalAwsAdmin
from tests.crash_matrix.airflow import Airflow, kill
from tests.crash_matrix.jobs import PIPELINE_NAME, machine_definition, pipeline_definition
from yard import services
from yard.home import Home, read_json
from yard.session import attach, publish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from yard.clients import Aws

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
T = TypeVar("T")

#: Set when the matrix is to end early: nothing is waited for any more.
ENDING = threading.Event()

#: A lost worker is found out within seconds, not within Airflow's five minutes.
SETTINGS = {
    "TRAINYARD_AIRFLOW__CORE__DAGS_FOLDER": str(HERE / "dags"),
    "TRAINYARD_AIRFLOW__CORE__PARALLELISM": "24",
    "TRAINYARD_AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    "TRAINYARD_AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
    "TRAINYARD_AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "2",
    "LOCAL_AWS_JOBS": "32",
}


class NeverHappened(Exception):
    """A condition that was waited for."""


def until(what: str, condition: Callable[[], T], seconds: float = 120.0) -> T:
    """The condition's value as soon as it is true.

    :raises NeverHappened: when that takes too long.
    """
    deadline = time.monotonic() + seconds
    while not (value := _now(condition)):
        if time.monotonic() > deadline or ENDING.wait(0.2):
            raise NeverHappened(f"{what}: not within {seconds:.0f} s")
    return value


def _now(condition: Callable[[], T]) -> T | None:
    """Ask, and take no answer for a no: local_aws may be the one that is restarted."""
    try:
        return condition()
    except (BotoCoreError, URLError, ConnectionError):
        return None


@dataclass(frozen=True)
class World:
    """Both, and clients of both."""

    home: Home
    airflow: Airflow
    aws: Aws
    admin: LocalAwsAdmin
    bucket: str
    held: Path

    def component(self, name: str) -> psutil.Process:
        """The process of a component that the supervisor keeps alive: ``scheduler``, ``triggerer``, ``local_aws``."""
        state = read_json(self.home.run / "supervisor.json") or {}
        return psutil.Process(state["children"][name]["pid"])

    def crash(self, name: str) -> None:
        """SIGKILL a component and all that it started; the supervisor starts it again."""
        process = self.component(name)
        kill(*process.children(recursive=True), process)
        until(f"{name} is started again", lambda: self._lives_anew(name, process.pid))
        until("local_aws answers", lambda: self.admin.calls() is not None)

    def kill_workers(self) -> None:
        """SIGKILL the executor's idle workers: those that have handed their tasks over to the triggerer."""
        kill(*self.component("scheduler").children(recursive=True))

    def _lives_anew(self, name: str, former: int) -> bool:
        state = read_json(self.home.run / "supervisor.json") or {}
        return bool(state["children"][name].get("pid") not in (None, former))


@contextmanager
def world(state: Path) -> Iterator[World]:
    """Start everything, and end it whatever happens.

    :param state: the folder of all that is made meanwhile.
    """
    os.environ.update(SETTINGS | {"TRAINYARD_STATE": str(state), "TRAINYARD_PORTS": ",".join(map(str, _free(3)))})
    home = Home(ROOT, state.resolve())
    services.stop(home)  # what an earlier matrix that was killed left behind
    if (home.state / "keys.json").exists():  # a state folder and nothing else
        shutil.rmtree(home.state)
    services.start(home)
    try:
        session = attach(home)
        publish(session)
        session.airflow()
        held = home.state / "held"
        held.mkdir(exist_ok=True)
        made = World(
            home=home,
            airflow=Airflow(session.services.ui_url),
            aws=session.aws,
            admin=LocalAwsAdmin(session.services.endpoint_url),
            bucket=session.bucket,
            held=held,
        )
        furnish(session.aws, session.outputs)
        yield made
    finally:
        services.stop(home)


def register(world: World, number: int, seconds: int) -> dict[str, Any]:
    """Put a version into the registry whose container takes so long to start."""
    archive = _tar({"code/serve": (HERE / "serve.py").read_bytes(), "starts_after": str(seconds).encode()})
    key = f"crash/models/{number}.tar.gz"
    world.aws.client("s3").put_object(Bucket=world.bucket, Key=key, Body=archive)
    container = {"Image": "local/python:3.11", "ModelDataUrl": f"s3://{world.bucket}/{key}"}
    package = world.aws.client("sagemaker").create_model_package(
        ModelPackageGroupName="crash",
        ModelApprovalStatus="Approved",
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
        CustomerMetadataProperties={"partition": "2026-02-02"},
    )["ModelPackageArn"]
    return {"model_package": package, "model_version": int(package.rpartition("/")[2]), "partition": "2026-02-02"}


def furnish(aws: Aws, outputs: dict[str, str]) -> None:
    """Put what the jobs read where they read it."""
    s3, sagemaker, bucket = aws.client("s3"), aws.client("sagemaker"), outputs["BucketName"]
    serve = _tar({"code/serve": (HERE / "serve.py").read_bytes(), "starts_after": b"0"})
    script = b"import sys, time\nvalues = dict(zip(sys.argv[1::2], sys.argv[2::2]))\n"
    script += b"time.sleep(float(values['--seconds']))\nprint('score=1.0;', flush=True)\n"
    objects = {"crash/sourcedir.tar.gz": _tar({"train.py": script}), "crash/models/transform.tar.gz": serve}
    objects |= {
        f"crash/lines/{seconds}/lines.jsonl": json.dumps({"sleep": seconds}).encode() for seconds in (0, 15, 50, 300)
    }
    objects["crash/sleep.py"] = b"import sys, time\ntime.sleep(float(sys.argv[1]))\n"
    for key, body in objects.items():
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    found = sagemaker.list_models(NameContains="crash-transform")["Models"]
    if not found:
        sagemaker.create_model_package_group(ModelPackageGroupName="crash")
        container = {"Image": "local/python:3.11", "ModelDataUrl": f"s3://{bucket}/crash/models/transform.tar.gz"}
        role = outputs["SageMakerHostingRoleArn"]
        sagemaker.create_model(ModelName="crash-transform", PrimaryContainer=container, ExecutionRoleArn=role)
        role = outputs["SageMakerProcessingRoleArn"]
        definition = pipeline_definition(role)
        sagemaker.create_pipeline(
            PipelineName=PIPELINE_NAME, PipelineDefinition=definition, RoleArn=role, ClientRequestToken="0" * 32
        )
        states = aws.client("stepfunctions")
        states.create_state_machine(name=PIPELINE_NAME, definition=machine_definition(), roleArn=role)


def _tar(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o644
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _free(number: int) -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports
