"""A model server as a process: started in its image's environment, waited for, asked, stopped.

The contract is SageMaker's for inference containers: the model lies in ``/opt/ml/model``, the program ``serve``
listens on the port of SAGEMAKER_BIND_TO_PORT, ``GET /ping`` answers 200 once the model is loaded, ``POST
/invocations`` answers requests. PyTorch and scikit-learn images run :mod:`local_aws.containers.inference_toolkit`;
``local/python`` has no program of its own, so its model brings one: ``code/serve`` or ``serve``. An image of one's own
is asked to ``serve``.
"""

import os
import shutil
import subprocess
import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_aws.containers.environments import EnvironmentFailed, Environments
from local_aws.containers.images import Image, image_for
from local_aws.containers.model_connection import ModelConnection, reserved_port
from local_aws.containers.model_data import ModelDataError, fetch_model_data, unpack
from local_aws.containers.own_images import Mount, OwnImage
from local_aws.containers.sandbox import CONTAINER_ROOT, enter
from local_aws.errors import AwsError
from local_aws.logs import LogWriter
from local_aws.processes import ManagedProcess
from local_aws.world import World

TOOLKIT = Path(__file__).parent / "inference_toolkit"
ALGORITHM = Path(__file__).parent / "xgboost_algorithm"
_FRAMEWORKS = {"pytorch-inference": "pytorch", "scikit-learn": "scikit-learn", "xgboost": "scikit-learn"}
#: What a container inherits from the machine; everything else comes from SageMaker or the model.
_INHERITED = ("HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LD_LIBRARY_PATH")


class ContainerFailed(Exception):
    """A container that will not serve: ``reason`` as SageMaker says it, ``lines`` the last ones it wrote."""

    def __init__(self, reason: str, lines: list[str]) -> None:
        super().__init__(reason)
        self.reason = reason
        self.lines = lines


@dataclass(frozen=True)
class ContainerDefinition:
    """One container of a model. ``model_data``: a tar.gz, or a prefix ending in ``/`` for files as they are."""

    image: str
    model_data: str | None
    environment: Mapping[str, str]
    role_arn: str | None


def folder_of_containers(world: World) -> Path:
    """Where each running container has its folder."""
    return world.root / "serving"


class ServingContainer:
    """One model server, from its first line of log to its end. It is started once; then ``connection`` is open."""

    connection: ModelConnection

    def __init__(
        self, world: World, environments: Environments, definition: ContainerDefinition, log: LogWriter
    ) -> None:
        self._world = world
        self._environments = environments
        self._definition = definition
        self._log = log
        self._last_lines: deque[str] = deque(maxlen=20)
        self._root = folder_of_containers(world) / uuid.uuid4().hex
        self._ml = self._root / "ml"
        self._process: ManagedProcess | None = None
        self._cwd = CONTAINER_ROOT
        self._mounts: list[Mount] = []

    def start(self, startup_seconds: float, cancelled: threading.Event) -> None:
        """Return when ``/ping`` answers 200.

        :param startup_seconds: budget for the container itself; making its environment, SageMaker's pull of the
            image, does not count.
        :raises ContainerFailed: when it ended, the budget is spent, or ``cancelled`` is set. Nothing runs then.
        """
        try:
            argv, env = self._prepare(image_for(self._definition.image))
            with reserved_port() as port:
                env["SAGEMAKER_BIND_TO_PORT"] = str(port)
                self._process = self._world.processes.start(
                    enter(self._ml, argv, self._cwd, mounts=self._mounts),
                    env=env,
                    cwd=self._root,
                    on_line=self._note,
                    label=f"serve {self._definition.model_data}",
                )
                self.connection = ModelConnection(port)
                self._wait_healthy(self._process, startup_seconds, cancelled)
        except (ModelDataError, EnvironmentFailed, AwsError) as error:
            self._note(str(error))
            self.stop()
            raise ContainerFailed(str(error), list(self._last_lines)) from error
        except BaseException:
            self.stop()
            raise

    def wait(self) -> int:
        """Wait until the process ended, for whatever reason; its exit code."""
        assert self._process is not None, "the container was not started"  # noqa: S101 - a mistake of the caller
        return self._process.wait()

    def stop(self, grace_seconds: float = 5.0) -> None:
        """End the process and remove its files."""
        if self._process is not None:
            self._process.stop(grace_seconds)
            self.connection.close()
        shutil.rmtree(self._root, ignore_errors=True)

    def _prepare(self, image: Image) -> tuple[list[str], dict[str, str]]:
        given = dict(self._definition.environment)
        fetch_model_data(self._world.objects, self._definition.model_data, self._ml / "model")
        if image.own:
            return self._prepare_own(image, image.own, given)
        code = self._ml / "model" / "code"
        submitted = given.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
        if submitted.startswith("s3://"):
            code = self._ml / "code"
            unpack(self._world.objects, submitted, code)
            given["SAGEMAKER_SUBMIT_DIRECTORY"] = f"{CONTAINER_ROOT}/code"
        if image.kind == "xgboost" and not code.is_dir():
            python = self._environments.python(image, on_line=self._note)
            return [str(python), str(ALGORITHM), "serve"], self._variables(given, python)
        framework = _FRAMEWORKS.get(image.kind)
        if framework is None:
            program = self._own_program(image)
            python = self._environments.python(image, on_line=self._note)
            executable = os.access(self._ml / program, os.X_OK)
            inside = f"{CONTAINER_ROOT}/{program}"
            return [inside] if executable else [str(python), inside], self._variables(given, python)
        listed = code / "requirements.txt"
        own = listed.read_text() if listed.is_file() else ""
        python = self._environments.python(image, own, on_line=self._note, source=code if own else None)
        return [str(python), str(TOOLKIT), framework], self._variables(given, python)

    def _prepare_own(self, image: Image, own: OwnImage, given: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
        """``docker run <image> serve``."""
        for remark in own.remarks():
            self._note(remark)
        python = self._environments.python(image, on_line=self._note)
        self._cwd, self._mounts = own.workdir, own.lay_out(self._root / "opt", self._ml)
        before = self._variables({}, python)
        del before["SM_MODEL_DIR"], before["SAGEMAKER_BASE_DIR"]  # those of SageMaker's toolkits
        return own.argv("serve"), {**before, **own.variables(before["PATH"]), **given}

    def _own_program(self, image: Image) -> str:
        for program in ("model/code/serve", "model/serve"):
            if image.kind == "python" and (self._ml / program).is_file():
                return program
        raise ModelDataError(
            f'exec: "serve": executable file not found in $PATH: the image {image.uri} has no model server. Remedy: '
            "an inference image, or for local/python a program of your own at code/serve in model.tar.gz."
        )

    def _variables(self, given: Mapping[str, str], python: Path) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return {
            **inherited,
            **self._world.job_environment(self._definition.role_arn),
            "PATH": f"{python.parent}:{os.environ.get('PATH', os.defpath)}",
            "PYTHONUNBUFFERED": "1",
            "SM_MODEL_DIR": f"{CONTAINER_ROOT}/model",
            "SAGEMAKER_BASE_DIR": CONTAINER_ROOT,
            # A model server on shared cores is fastest with one thread a request: more only wait for one another.
            "OMP_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            **given,
        }

    def _wait_healthy(self, process: ManagedProcess, seconds: float, cancelled: threading.Event) -> None:
        deadline = time.monotonic() + seconds
        well = time.monotonic() + self._world.faults.jobs.ill_seconds(self._definition.model_data or "")
        while time.monotonic() < well or not self.connection.pings():
            try:
                code = process.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                if cancelled.is_set():
                    raise ContainerFailed("The deployment was canceled.", list(self._last_lines)) from None
                if time.monotonic() > deadline:
                    raise self._unhealthy(f"GET /ping did not answer 200 within {seconds:g} s") from None
            else:
                raise self._unhealthy(f"the container exited with code {code}")

    def _unhealthy(self, cause: str) -> ContainerFailed:
        self._note(f"local_aws: this container did not pass the ping health check: {cause}")
        return ContainerFailed(f"did not pass the ping health check: {cause}", list(self._last_lines))

    def _note(self, line: str) -> None:
        self._last_lines.append(line)
        self._log.write(line)
