"""What Airflow itself is given, packed as Amazon MWAA takes it: the same bytes from the same checkout, on any machine.

::

    <folder>/dags/...             as in the repository, .airflowignore included
    <folder>/dags/constraints.txt the lock; where MWAA's own Airflow pins stand, it leaves Airflow's packages out
    <folder>/plugins.zip          plugins/, whose files MWAA unpacks into its plugins folder
    <folder>/requirements.txt     what to install, under those constraints
    <folder>/package.json         the SHA-256 of each of these
"""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from yard.checkout import ignored
from yard.errors import YardError
from yard.release_checks import refuse_contents, refuse_names

#: Where MWAA puts the ``dags/`` folder of its bucket.
_DAGS_ON_MWAA = "/usr/local/airflow/dags"
#: An environment of MWAA brings these in its own version; a constraint on them would replace Airflow under its feet.
_AIRFLOW = re.compile(r"apache-airflow(-core|-task-sdk|-ctl)?(\[[^]]*\])?(?![-\w])")
_KEPT = {".airflowignore"}


def package(root: Path) -> dict[str, bytes]:
    """Everything but ``package.json``: content by path.

    :param root: the repository.
    :raises YardError: when it holds something that must not leave the machine; see ``release_checks``.
    """
    plugins = dict(_read(root, "plugins"))
    dags = dict(_read(root, "dags"))
    if not plugins or not dags:
        raise YardError(f"There is nothing to pack under {root}: dags/ and plugins/ are needed.")
    refuse_contents({**plugins, **dags})
    lock = (root / "requirements-airflow.txt").read_text(encoding="utf-8")
    wanted = (root / "requirements-airflow.in").read_text(encoding="utf-8")
    return dict(sorted({
        **dags,
        "dags/constraints.txt": constraints(lock).encode(),
        "plugins.zip": zipped({path.removeprefix("plugins/"): content for path, content in plugins.items()}),
        "requirements.txt": requirements(wanted).encode(),
    }.items()))  # fmt: skip


def write(files: Mapping[str, bytes], folder: Path) -> dict[str, str]:
    """Write a package to a folder that is empty or holds a former package; return the SHA-256 of each file.

    :raises YardError: when the folder holds something else.
    """
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    listed = folder / "package.json"
    former = json.loads(listed.read_text())["files"] if listed.exists() else {}
    if strangers := sorted(there - {*former, listed.name}):
        raise YardError(f"{folder} holds {strangers[0]}, which is of no package.", "Name another folder: --output.")
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    # First a list of old and new files: whatever is there when this is interrupted is of a package.
    for path, content in {"package.json": manifest({**former, **digests}), **files}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    for path in there - set(files) - {listed.name}:
        (folder / path).unlink()
    listed.write_bytes(manifest(digests))
    return digests


def manifest(digests: Mapping[str, str]) -> bytes:
    """``package.json``."""
    whole = hashlib.sha256("".join(f"{path}\n{digest}\n" for path, digest in digests.items()).encode())
    return json.dumps({"version": whole.hexdigest()[:12], "files": digests}, indent=2).encode() + b"\n"


def zipped(files: Mapping[str, bytes]) -> bytes:
    """An archive whose bytes depend on names and contents alone; not compressed, since compressors differ."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))  # the earliest that the format knows
            member.create_system, member.external_attr = 3, 0o100644 << 16
            archive.writestr(member, files[name])
    return buffer.getvalue()


def requirements(wanted: str) -> str:
    """What MWAA installs: ``requirements-airflow.in`` without Airflow itself, with the constraints named first."""
    lines = [line.partition("#")[0].strip() for line in wanted.splitlines()]
    packages = [line for line in lines if line and not _AIRFLOW.match(line)]
    return "\n".join([f'--constraint "{_DAGS_ON_MWAA}/constraints.txt"', *packages]) + "\n"


def constraints(lock: str) -> str:
    """The pins of the lock, without its comments and without Airflow's own packages."""
    pins = [line for line in lock.splitlines() if line and not line.startswith(("#", " "))]
    return "\n".join(line for line in pins if not _AIRFLOW.match(line)) + "\n"


def _read(root: Path, folder: str) -> Iterator[tuple[str, bytes]]:
    left_out = ignored(root, [folder])
    for path in sorted((root / folder).rglob("*")):
        relative = path.relative_to(root)
        if "__pycache__" in relative.parts:
            continue
        refuse_names(root, path)
        hidden = any(part.startswith(".") for part in relative.parts) and path.name not in _KEPT
        hidden |= relative.as_posix() in left_out
        if path.is_file() and not hidden and path.suffix != ".pyc":
            yield relative.as_posix(), path.read_bytes()
