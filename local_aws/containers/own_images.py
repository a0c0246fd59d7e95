"""Images of one's own: a folder with a Dockerfile stands for a repository of the account's registry.

``LOCAL_AWS_IMAGES`` (or ``--images``) names the folder of these folders: the image ``<account>.dkr.ecr.<region>.../
lead-scoring-r:1`` is made from ``lead_scoring_r/`` or ``lead-scoring-r/`` in it, whatever its tag. A container of it is
a process with the image's files below ``/opt``, its ENTRYPOINT, its ENV and the packages that its ``pip install``
lines name; see ``dockerfile.py`` for what is read.
"""

import hashlib
import os
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from local_aws.containers import dockerfile
from local_aws.containers.dockerfile import PATH, BadDockerfile, Dockerfile

VARIABLE = "LOCAL_AWS_IMAGES"
#: Files of a container that are the image's; everything else of its file system is this machine's.
OPT, ML = PurePosixPath("/opt"), PurePosixPath("/opt/ml")
#: Amazon ECR's own rule for the name of a repository.
_REPOSITORY = re.compile(r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*")
_LEFT_OUT = {"__pycache__", ".git"}
#: Options of ``pip install`` that a requirements file may hold, too. What else begins with a dash says how to install.
_LISTED = {"-i": "-i", "--index-url": "-i", "-f": "-f", "--find-links": "-f", "--extra-index-url": "--extra-index-url"}
_FROM_FILE = ("-r", "--requirement", "--requirements")


@dataclass(frozen=True)
class Mount:
    """A file or folder of this machine as a container of the image sees it."""

    source: Path
    target: str


@dataclass(frozen=True)
class OwnImage:
    """What a container of the image is made of."""

    folder: Path
    dockerfile: Dockerfile = field(compare=False)
    #: Path in the container to the file in ``folder``.
    files: Mapping[str, Path] = field(compare=False)

    def argv(self, *arguments: str) -> list[str]:
        """The command line of ``docker run <image> <arguments>``; a command of its own where there are none."""
        return [*self.dockerfile.entrypoint, *(arguments or self.dockerfile.command)]

    def variables(self, path: str) -> dict[str, str]:
        """Its ENV.

        :param path: the PATH that the process would have without it.
        """
        return {name: value.replace(PATH, path) for name, value in self.dockerfile.variables.items()}

    @property
    def workdir(self) -> str:
        """Where a container begins; ``/opt/ml`` unless WORKDIR is below ``/opt``."""
        inside = PurePosixPath(self.dockerfile.workdir).is_relative_to(OPT)
        return self.dockerfile.workdir if inside else str(ML)

    @property
    def requirements(self) -> str:
        """Everything its ``pip install`` lines ask for, in pip's format.

        :raises BadDockerfile: when a list of requirements was not copied.
        """
        lines = [line for workdir, words in self.dockerfile.installed for line in self._listed(workdir, words)]
        return "".join(f"{line}\n" for line in lines)

    @property
    def digest(self) -> str:
        """SHA-256 of what it is made from, in hexadecimal."""
        whole = hashlib.sha256((self.folder / "Dockerfile").read_bytes())
        for target in sorted(self.files):
            content = hashlib.sha256(self.files[target].read_bytes()).hexdigest()
            whole.update(f"\n{target} {content}".encode())
        return whole.hexdigest()

    def remarks(self) -> Iterator[str]:
        """What a reader of a container's log should know about it."""
        yield f"local_aws: this container runs the files of {self.folder} as a process; no image is built"
        for what in self.dockerfile.not_done:
            yield f"local_aws: not done here: {what}"

    def lay_out(self, root: Path, ml: Path) -> list[Mount]:
        """Copy its files, so that a container may change them as its own.

        :param root: where its files go, but for those below ``/opt/ml``.
        :param ml: the container's ``/opt/ml``.
        :returns: what is to be mounted; ``/opt/ml`` is not among it.
        """
        patterns = self.dockerfile.executables
        for target, source in self.files.items():
            path = PurePosixPath(target)
            if path.is_relative_to(ML):
                place = ml / path.relative_to(ML)
            elif path.is_relative_to(OPT):
                place = root / path.relative_to(OPT)
            else:
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, place)
            if any(path.match(pattern) for pattern in patterns):
                place.chmod(0o755)
        tops = sorted(root.iterdir()) if root.is_dir() else []
        return [Mount(top, str(OPT / top.name)) for top in tops]

    def _listed(self, workdir: str, words: list[str]) -> Iterator[str]:
        rest = iter(words)
        for word in rest:
            option, is_joined, value = word.partition("=") if word.startswith("--") else (word, "", "")
            if option in _FROM_FILE:
                path = str(PurePosixPath(workdir) / (value or next(rest, "")))
                if path not in self.files:
                    raise BadDockerfile(f"pip install -r {path}: no COPY puts that file there")
                yield from self.files[path].read_text().splitlines()
            elif option in _LISTED:
                yield f"{_LISTED[option]} {value if is_joined else next(rest, '')}"
            elif word.startswith((".", "/", "-e", "--editable", "-c", "--constraint")):
                raise BadDockerfile(
                    f"pip install {word}: local_aws installs packages by their names, or by a list of them"
                )
            elif not word.startswith("-"):
                yield word


def find(repository: str) -> OwnImage | None:
    """The image that a repository's folder makes; None where there is no such folder.

    :raises BadDockerfile: when its Dockerfile cannot be read, or copies what is not there.
    """
    root = os.environ.get(VARIABLE)
    if not root or not _REPOSITORY.fullmatch(repository):
        return None
    for name in (repository, repository.replace("-", "_")):
        folder = Path(root).resolve() / name
        if (folder / "Dockerfile").is_file():
            try:
                told = dockerfile.read((folder / "Dockerfile").read_text(encoding="utf-8"))
                image = OwnImage(folder, told, _files(folder, told))
                _ = image.requirements
            except BadDockerfile as error:
                raise BadDockerfile(f"{folder / 'Dockerfile'}: {error}") from None
            return image
    return None


def _files(folder: Path, told: Dockerfile) -> dict[str, Path]:
    files: dict[str, Path] = {}
    folders = {told.workdir}
    for copied in told.copied:
        found = [path for source in copied.sources for path in _matches(folder, source)]
        where = f"line {copied.line}: COPY {shlex.join(copied.sources)}"
        if not found:
            raise BadDockerfile(f"{where}: no such file in {folder}")
        if any(not path.resolve().is_relative_to(folder) for path in found):
            raise BadDockerfile(f"{where}: it lies outside the folder of the image")
        into_folder = copied.as_folder or len(found) > 1 or copied.target in folders
        new = {str(target): path for source in found
               for target, path in _below(source, PurePosixPath(copied.target), into_folder)}  # fmt: skip
        files |= new
        folders |= {str(parent) for target in new for parent in PurePosixPath(target).parents}
        told.executables.extend(new if copied.executable else ())
    return files


def _matches(folder: Path, source: str) -> list[Path]:
    pattern = str(PurePosixPath("/") / source).lstrip("/")
    return sorted(folder.glob(pattern)) if pattern else [folder]


def _below(source: Path, target: PurePosixPath, into_folder: bool) -> Iterator[tuple[PurePosixPath, Path]]:
    """A folder's files, which COPY puts right into the target, or a file."""
    if source.is_file():
        yield (target / source.name if into_folder else target), source
        return
    for path in sorted(source.rglob("*")):
        relative = path.relative_to(source)
        if path.is_file() and not _LEFT_OUT & set(relative.parts):
            yield target / relative, path
