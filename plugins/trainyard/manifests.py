"""Manifests: what a step left behind. A step without its manifest did not happen.

A writer first leaves its files, then publishes the manifest; a reader takes the files that the manifest lists, after
checking that they are there in the size it says. So a reader never sees half a dataset, an older run's leftovers, or a
neighbour's files, and zero rows is an outcome with a name instead of a missing file.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

from trainyard.errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from trainyard.paths import Place

FORMAT = 1
Outcome = Literal["complete", "empty"]


@dataclass(frozen=True)
class File:
    """One object: its key (without the bucket), its bytes, its rows when they are known, and S3's checksum."""

    key: str
    size: int
    rows: int | None = None
    etag: str = ""


@dataclass(frozen=True)
class Manifest:
    """The manifest of one piece of work."""

    model: str
    partition: str
    step: str
    generation: str
    created_at: str
    code_version: str
    outcome: Outcome
    rows: int | None
    files: tuple[File, ...]
    made_from: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def make(
        cls,
        place: Place,
        files: Iterable[File],
        *,
        created_at: datetime,
        code_version: str,
        made_from: Sequence[str] = (),
        rows: int | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> Manifest:
        """Describe what lies in a place. Zero rows make the outcome ``empty``."""
        listed = tuple(sorted(files, key=lambda file: file.key))
        if rows is None and listed and all(file.rows is not None for file in listed):
            rows = sum(file.rows or 0 for file in listed)
        manifest = cls(
            model=place.model,
            partition=place.partition,
            step=place.step,
            generation=place.token,
            created_at=created_at.isoformat(timespec="seconds"),
            code_version=code_version,
            outcome="empty" if rows == 0 or not listed else "complete",
            rows=0 if not listed and rows is None else rows,
            files=listed,
            made_from=tuple(made_from),
            facts=dict(facts or {}),
        )
        manifest.check_places(place.prefix)
        return manifest

    def dump(self) -> str:
        """Return the manifest as the text that is published."""
        return json.dumps({"format": FORMAT} | asdict(self), indent=1, sort_keys=True) + "\n"

    @property
    def digest(self) -> str:
        """A checksum of what the manifest says, whenever it was written: equal digests mean equal data."""
        said = asdict(self) | {"created_at": ""}
        return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(file.size for file in self.files)

    def check_places(self, prefix: str) -> None:
        """Refuse a file that lies elsewhere, or is listed twice.

        Raises:
            ManifestError: naming the key.
        """
        seen: set[str] = set()
        for file in self.files:
            if not file.key.startswith(prefix):
                raise ManifestError(f"The manifest lists {file.key!r}, which does not lie under {prefix!r}.")
            if file.key in seen:
                raise ManifestError(f"The manifest lists {file.key!r} twice.")
            seen.add(file.key)

    def check_files(self, sizes: Mapping[str, int]) -> None:
        """Compare what the manifest says with what is there.

        Args:
            sizes: the bytes of the objects that exist, by key.

        Raises:
            ManifestError: naming the first key that is missing or has another size.
        """
        for file in self.files:
            found = sizes.get(file.key)
            if found is None:
                raise ManifestError(f"The manifest lists {file.key!r}, which does not exist.")
            if found != file.size:
                raise ManifestError(f"{file.key!r} has {found} bytes; the manifest says {file.size}.")
        listed = [file.rows for file in self.files]
        if self.files and None not in listed and self.rows is not None:
            total = sum(rows or 0 for rows in listed)
            if total != self.rows:
                raise ManifestError(f"The manifest says {self.rows} rows, but its files add up to {total}.")

    def check_nothing_else(self, found: Iterable[str]) -> None:
        """Refuse an object that lies where the files lie and is not one of them: somebody else writes there.

        Raises:
            ManifestError: naming the first such key.
        """
        strange = sorted(set(found) - {file.key for file in self.files})
        if strange:
            raise ManifestError(f"{strange[0]!r} lies between the manifest's files, which do not list it.")

    def channel(self, bucket: str, *folders: str) -> list[Any]:
        """Return what SageMaker calls a manifest: a prefix, then the keys below it, so that a job reads only those.

        Args:
            bucket: where the files are.
            folders: the folders of the place to hand over. One alone becomes the prefix, so that names begin below it.
        """
        prefix = f"{self.model}/{self.partition}/{self.step}/{self.generation}/"
        if len(folders) == 1:
            prefix, folders = f"{prefix}{folders[0]}/", ("",)
        starts = tuple(f"{prefix}{folder}/" if folder else prefix for folder in folders)
        names = [
            file.key.removeprefix(prefix)
            for file in self.files
            if file.key.startswith(starts) and file.size and not file.key.rpartition("/")[2].startswith("_")
        ]
        return [{"prefix": f"s3://{bucket}/{prefix}"}, *names]

    def folders(self) -> tuple[str, ...]:
        """Return the folders that the place holds, in order."""
        prefix = f"{self.model}/{self.partition}/{self.step}/{self.generation}/"
        below = (file.key.removeprefix(prefix) for file in self.files)
        return tuple(sorted({name.partition("/")[0] for name in below if "/" in name}))


def parse(text: str, uri: str) -> Manifest:
    """Read a manifest.

    Args:
        text: its content.
        uri: where it was found; told in the error.

    Raises:
        ManifestError: naming the field that is missing or wrong.
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise ManifestError(f"{uri} is not JSON: {error}.") from None
    if not isinstance(data, dict) or data.pop("format", None) != FORMAT:
        raise ManifestError(f"{uri} is no manifest of format {FORMAT}.")
    try:
        files = tuple(_file(raw, uri) for raw in data.pop("files"))
        manifest = Manifest(**data | {"files": files, "made_from": tuple(data["made_from"])})
    except (KeyError, TypeError) as error:
        raise ManifestError(f"{uri} lacks a field or has an unknown one: {error}.") from None
    if manifest.outcome not in ("complete", "empty"):
        raise ManifestError(f"{uri} has the unknown outcome {manifest.outcome!r}.")
    return manifest


def _file(raw: dict[str, Any], uri: str) -> File:
    key, size, rows = raw["key"], raw["size"], raw.get("rows")
    counts = [size] if rows is None else [size, rows]
    if not isinstance(key, str) or any(isinstance(n, bool) or not isinstance(n, int) or n < 0 for n in counts):
        raise ManifestError(f"{uri} lists {key!r} with the size {size!r} and the rows {rows!r}.")
    return File(**raw)
