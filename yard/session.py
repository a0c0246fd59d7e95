"""The services behind a command: found running or started for it, and in that case ended with it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from yard import environment, infra, release, say, services
from yard.airflow_api import AirflowApi
from yard.clients import Aws
from yard.errors import RunFailed, YardError
from yard.home import Home, write_json
from yard.services import Running

#: The images of containers that the models here learn and serve in.
_IMAGES = ("pytorch", "xgboost-3.0")


@dataclass(frozen=True)
class Session:
    """Running services, the stack in them, and clients for both."""

    home: Home
    services: Running
    #: Whether this command started them.
    ours: bool
    aws: Aws
    outputs: dict[str, str]

    @property
    def bucket(self) -> str:
        """The bucket of code, data and models."""
        return self.outputs["BucketName"]

    def airflow(self) -> AirflowApi:
        """Airflow's API, once all its components are healthy.

        :raises YardError: when they do not get so.
        """
        if self.services.state().get("phase") != "ready":
            with say.step("Starting Airflow"):
                services.wait_for_airflow(self.services)
        return AirflowApi(self.services.ui_url)


def attach(home: Home) -> Session:
    """The services that are up.

    :raises YardError: when they are not.
    """
    found = services.running(home)
    if found is None:
        raise YardError("Nothing is running.", "`make up` starts it.")
    return _session(home, found, ours=False)


@contextmanager
def opened(home: Home, *, keep_up: bool, schedule: bool = False, images: Sequence[str] = _IMAGES) -> Iterator[Session]:
    """The services, started where they are not up yet; what this command started it ends, however it ends itself.

    :param keep_up: leave them running afterwards, also after a run that failed.
    :param images: of containers that will be needed: local_aws makes their environments meanwhile.
    :raises YardError: when they cannot be started.
    """
    found, ours = services.start(home, schedule=schedule)
    try:
        _prepare_containers(home, images)
        yield _session(home, found, ours=ours)
    except BaseException as error:
        # Ctrl-C, too: nothing that this command started may outlive it. A failed run is there to be looked at.
        if ours and not (keep_up and isinstance(error, RunFailed)):
            _end(home)
        raise
    if ours and not keep_up:
        _end(home)


def publish(session: Session) -> release.Release:
    """Release the code of the checkout and say so."""
    with say.step("Releasing the code") as details:
        released = release.publish(session.aws, session.home.root, session.bucket)
        details.append(f"version {released.version}, {released.files} files{', as before' if released.known else ''}")
    return released


def _session(home: Home, found: Running, *, ours: bool) -> Session:
    aws = Aws(found.endpoint_url)
    if not ours and found.state().get("phase") == "ready":
        return Session(home, found, ours, aws, infra.outputs(aws))
    with say.step("Starting local_aws", "local_aws is up"):
        services.wait_for_local_aws(found)
    with say.step("Deploying the stack of buckets, keys and roles"):
        outputs = infra.deploy(aws, home.root / "infra" / "trainyard.yaml")
        write_json(home.run / "outputs.json", outputs)
    return Session(home, found, ours, aws, outputs)


def _prepare_containers(home: Home, images: Sequence[str]) -> None:
    """Have the environments of containers made meanwhile: PyTorch's takes a minute the first time.

    A job that needs it earlier waits for it, and a job makes it itself where this fails, so nobody looks at the result.
    """
    argv = [sys.executable, "-m", "local_aws.containers.prepare", *images, "--state", str(home.local_aws)]
    with (home.logs / "prepare.log").open("ab") as output:
        subprocess.Popen(
            argv,
            cwd=home.root,
            env=environment.base(home, os.environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _end(home: Home) -> None:
    with suppress(YardError), say.step("Ending Airflow and local_aws", "Airflow and local_aws have ended"):
        services.stop(home)
