"""Where one job works: its private folder, the environment variables of its container, and the container itself."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from local_aws.containers import sandbox
from local_aws.containers.own_images import Mount, OwnImage
from local_aws.processes import ManagedProcess
from local_aws.services.sagemaker.observe import JobOutput
from local_aws.world import World

#: Variables of local_aws's own environment that a container gets: how to reach the network and package indexes.
_PASSED_ON = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "TZ")
_PASSED_ON_PREFIXES = ("PIP_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


class Workplace:
    """The folder of one host of a job; ``ml`` in it becomes the container's ``/opt/ml``.

    :param hosts_file: content of the container's /etc/hosts.
    """

    def __init__(self, root: Path, kind: str, name: str, host: str = "algo-1", hosts_file: str = "") -> None:
        self._folder = folder_of_jobs(root, kind) / f"{name}.{host}"
        self._label = f"{kind}/{name}"
        shutil.rmtree(self._folder, ignore_errors=True)
        self.ml = self._folder / "ml"
        for folder in (self.ml, self._folder / "tmp", self._folder / "home"):
            folder.mkdir(parents=True)
        self._hosts_file: Path | None = None
        if hosts_file:
            self._hosts_file = self._folder / "hosts"
            self._hosts_file.write_text(hosts_file)

    def folder(self, container_path: str) -> Path:
        """A folder of the container, created when missing, as a path of this machine."""
        path = self.ml / Path(container_path).relative_to(sandbox.CONTAINER_ROOT)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def write_json(self, container_path: str, content: Any) -> None:
        """Write a file of the container."""
        path = Path(container_path)
        (self.folder(str(path.parent)) / path.name).write_text(json.dumps(content, default=str))

    def read_text(self, container_path: str, limit: int) -> str:
        """The beginning of a file of the container; empty when it is not there."""
        path = self.ml / Path(container_path).relative_to(sandbox.CONTAINER_ROOT)
        if not path.is_file():
            return ""
        with path.open(errors="replace") as file:
            return file.read(limit)

    def environment(self, world: World, role: str, python: Path, cpus: int) -> dict[str, str]:
        """The variables that every container of ours has, before those of the request."""
        outside = {
            name: value
            for name, value in os.environ.items()
            if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES)
        }
        threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        return {
            **outside,
            "PATH": f"{python.parent}:{os.environ.get('PATH', os.defpath)}",
            "HOME": str(self._folder / "home"),
            "TMPDIR": str(self._folder / "tmp"),
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "PYTHONIOENCODING": "UTF-8",
            **dict.fromkeys(threads, str(cpus)),
            **world.job_environment(role),
        }

    def lay_out(self, image: OwnImage) -> list[Mount]:
        """Put the files of an image of one's own where its containers expect them; the rest is to be mounted."""
        return image.lay_out(self._folder / "opt", self.ml)

    def start(
        self,
        world: World,
        argv: Sequence[str],
        env: Mapping[str, str],
        output: JobOutput,
        *,
        cwd: str = sandbox.CONTAINER_ROOT,
        mounts: Sequence[Mount] = (),
        read_only: Sequence[str] = (),
        network: bool = True,
    ) -> ManagedProcess:
        """Start the container's program."""
        wrapped = sandbox.enter(
            self.ml, argv, cwd, mounts=mounts, read_only=read_only, network=network, hosts_file=self._hosts_file
        )
        return world.processes.start(wrapped, env=env, cwd=self.ml, on_line=output.line, label=self._label)

    def clear(self) -> None:
        """Remove the folder and all that is in it."""
        shutil.rmtree(self._folder, ignore_errors=True)


def folder_of_jobs(root: Path, kind: str) -> Path:
    """Where the workplaces of a kind of job lie; whatever is in it when local_aws starts is left over."""
    return root / "sagemaker" / kind
