"""Python environments of the images: made once per content, kept on disk, shared by every job and endpoint.

An environment is a virtual environment whose folder is named by a hash of what goes into it. It counts only when its
marker file stands, so a build that was killed half-way is made again. Packages that a job brings itself
(``requirements.txt`` in its source) are laid over the image's environment in a second one, so the heavy packages
are installed once.
"""

import ensurepip
import fcntl
import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from local_aws.containers.images import Image

OnLine = Callable[[str], None]

_MARKER = ".complete"
_NO_SUCH_PACKAGE = re.compile(
    r"ERROR: (?:No matching distribution found for|Could not find a version that satisfies the requirement) (\S+)"
)


class EnvironmentFailed(Exception):
    """An environment could not be made; the message names the requirement, pip's reason and the remedy."""

    def __init__(self, what: str, own: bool, output: list[str]) -> None:
        errors = [line for line in output if line.startswith("ERROR:")] or output[-3:]
        found = next(filter(None, map(_NO_SUCH_PACKAGE.search, errors)), None)
        #: The requirement that pip could not satisfy, if it named one.
        self.requirement = found[1] if found else None
        #: Whether it came from the job's requirements.txt rather than from the image.
        self.own = own
        #: pip's own lines.
        self.output = output
        culprit = f": {self.requirement} is not to be had" if self.requirement else ""
        super().__init__(
            f"pip could not install {what}{culprit}. {' '.join(errors)} Remedy: check name and version, and that this "
            "machine reaches a package index (PIP_INDEX_URL, PIP_FIND_LINKS and the other PIP_* variables are "
            "respected; TRAINYARD_TORCH_INDEX names an index with a CPU build of torch)."
        )


@dataclass(frozen=True)
class _Recipe:
    """What goes into one environment."""

    image: Image
    requirements: str
    #: Interpreter of the environment below; None for the image's own.
    base: Path | None = None
    #: Folder that relative paths in the requirements start from.
    source: Path | None = None

    @property
    def what(self) -> str:
        part = "the packages of requirements.txt for" if self.base else "the environment of"
        return f"{part} image {self.image.uri}"

    @property
    def lines(self) -> list[str]:
        stripped = (line.strip() for line in self.requirements.splitlines())
        return [line for line in stripped if line and not line.startswith("#")]

    @property
    def name(self) -> str:
        """Name of its folder: equal for equal content."""
        digest = hashlib.sha256("\n".join([sys.version, platform.machine(), str(self.base), *self.lines]).encode())
        if self.source and any(line.startswith((".", "/", "-")) or "file:" in line for line in self.lines):
            # The list names files beside it; then they are part of the content.
            for path in sorted(path for path in self.source.rglob("*") if path.is_file()):
                digest.update(str(path.relative_to(self.source)).encode() + b"\0" + path.read_bytes())
        return f"{self.image.environment}-{digest.hexdigest()[:16]}"


class Environments:
    """The cache of environments in a folder.

    Any number of threads and processes may ask for the same one; one builds it, the others wait for it.

    :param root: local_aws's state folder; environments live in ``environments/`` below it, or in the folder that
        the variable LOCAL_AWS_ENVIRONMENTS names (to share them between several states).
    """

    def __init__(self, root: Path) -> None:
        self.folder = (root / os.environ.get("LOCAL_AWS_ENVIRONMENTS", "environments")).resolve()
        self._builds: set[subprocess.Popen[str]] = set()
        self._guard = threading.Lock()
        self._stopped = False

    def python(
        self, image: Image, extra_requirements: str = "", on_line: OnLine | None = None, source: Path | None = None
    ) -> Path:
        """The interpreter of the image's environment, with a job's own requirements on top.

        :param extra_requirements: text in pip's requirements format.
        :param on_line: is told what happens, line by line, only when something has to be built.
        :param source: folder that relative paths in ``extra_requirements`` start from.
        :raises EnvironmentFailed: when pip could not install it.
        """
        base = self._made(_Recipe(image, image.requirements), on_line)
        own = _Recipe(image, extra_requirements, base, source)
        return self._made(own, on_line) if own.lines else base

    def stop(self) -> None:
        """End builds that still run, and begin no more; what they left is made again by the next local_aws."""
        with self._guard:
            self._stopped = True
            for build in self._builds:
                _end(build)

    def _made(self, recipe: _Recipe, on_line: OnLine | None) -> Path:
        folder = self.folder / recipe.name
        if not _is_complete(folder):
            with self._locked(recipe.name) as lock:
                if not _is_complete(folder):
                    self._build(folder, recipe, on_line, lock)
        return folder / "bin" / "python"

    def _build(self, folder: Path, recipe: _Recipe, on_line: OnLine | None, lock: IO[str]) -> None:
        output: list[str] = []

        def tell(line: str) -> None:
            output.append(line)
            if on_line:
                on_line(line)

        tell(f"Preparing {recipe.what} (first time only)")
        shutil.rmtree(folder, ignore_errors=True)
        succeeded = self._run([sys.executable, "-m", "venv", "--without-pip", str(folder)], tell, lock)
        if succeeded and recipe.base:
            _lay_over(folder, recipe.base)
        elif succeeded and not _unpack_pip(folder):
            succeeded = self._run([str(folder / "bin" / "python"), "-m", "ensurepip", "--default-pip"], tell, lock)
        if succeeded and recipe.lines:
            with tempfile.NamedTemporaryFile("w", suffix="-requirements.txt", dir=recipe.source) as listed:
                listed.write(recipe.requirements)
                listed.flush()
                succeeded = self._run(
                    [str(folder / "bin" / "python"), *_pip_install(listed.name)], tell, lock, recipe.source
                )
        if not succeeded:
            shutil.rmtree(folder, ignore_errors=True)
            raise EnvironmentFailed(recipe.what, own=recipe.base is not None, output=output)
        (folder / _MARKER).touch()
        tell(f"Ready: {recipe.what}")

    def _run(self, argv: list[str], tell: OnLine, lock: IO[str], cwd: Path | None = None) -> bool:
        unwanted = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_USER", "PIP_TARGET", "PIP_PREFIX")
        # The child keeps the lock: should local_aws be killed, the next one waits until pip has ended.
        with subprocess.Popen(
            argv,
            env={name: value for name, value in os.environ.items() if name not in unwanted},
            cwd=cwd,
            pass_fds=[lock.fileno()],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            with self._guard:
                self._builds.add(process)
                if self._stopped:
                    _end(process)
            try:
                assert process.stdout is not None  # noqa: S101 - PIPE was asked for above
                for line in process.stdout:
                    tell(line.rstrip())
            except BaseException:
                # Such as Ctrl-C: pip must not go on behind the back of whoever asked.
                _end(process)
                raise
            finally:
                with self._guard:
                    self._builds.discard(process)
        return process.returncode == 0

    @contextmanager
    def _locked(self, name: str) -> Iterator[IO[str]]:
        locks = self.folder / ".locks"
        locks.mkdir(parents=True, exist_ok=True)
        with (locks / name).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield lock


def _end(build: subprocess.Popen[str]) -> None:
    """End a build with all that it started: packages are built by programs of their own."""
    with suppress(ProcessLookupError):
        os.killpg(build.pid, signal.SIGTERM)


def _pip_install(listed: str) -> list[str]:
    # As root pip warns about system packages, of which an environment of its own has none.
    options = ["--no-compile", "--no-input", "--disable-pip-version-check", "--progress-bar=off"]
    index = os.environ.get("TRAINYARD_TORCH_INDEX")
    more = ["--extra-index-url", index] if index else []
    return ["-m", "pip", "install", *options, "--root-user-action=ignore", *more, "-r", listed]


def _unpack_pip(folder: Path) -> bool:
    """Put Python's own copy of pip into an environment; False where this Python keeps none.

    What ensurepip does, in a tenth of its time: that byte-compiles pip and setuptools for some CPU-seconds.
    """
    bundled = sorted(Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl"))
    if not bundled:
        return False
    (packages,) = folder.glob("lib/python*/site-packages")
    with zipfile.ZipFile(bundled[-1]) as wheel:
        wheel.extractall(packages)
    script = folder / "bin" / "pip"
    script.write_text(
        f"#!{folder}/bin/python\nimport sys\nfrom pip._internal.cli.main import main\n\nsys.exit(main())\n"
    )
    script.chmod(0o755)
    shutil.copy(script, folder / "bin" / "pip3")
    return True


def _lay_over(folder: Path, base: Path) -> None:
    """Let the environment in ``folder`` see the packages of the one of ``base`` behind its own."""
    (packages,) = base.parent.parent.glob("lib/python*/site-packages")
    (own,) = folder.glob("lib/python*/site-packages")
    (own / "_image.pth").write_text(f"{packages}\n")


def _is_complete(folder: Path) -> bool:
    # The interpreter is a link to the machine's Python; an upgrade of that may have removed its target.
    return (folder / _MARKER).exists() and (folder / "bin" / "python").exists()
