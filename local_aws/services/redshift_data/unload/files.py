"""The files of one UNLOAD: their names, their sizes, their compression."""

import bz2
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
from isal import igzip_threaded

from local_aws.services.redshift_data.unload.options import UnloadOptions

#: Slices of the warehouse: files of a parallel UNLOAD take turns over them.
SLICES = 2


@dataclass
class UnloadedFile:
    """A finished file, not yet an object.

    :param folder: its partition, e.g. ``year=2019/``, or "".
    :param index: its place among the files of its partition.
    """

    path: Path
    folder: str
    index: int
    rows: int

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.path.stat().st_size

    def key_suffix(self, options: UnloadOptions) -> str:
        """What follows the prefix of TO: ``0000_part_00.parquet``, or ``000.gz`` with PARALLEL OFF."""
        number = (
            f"{self.index % SLICES:04d}_part_{self.index // SLICES:02d}" if options.parallel else f"{self.index:03d}"
        )
        return f"{self.folder}{number}{extension(options)}"


def extension(options: UnloadOptions) -> str:
    """The end of the files' names: EXTENSION, else that of the format or the compression."""
    if options.extension is not None:
        return "." + options.extension.lstrip(".")
    if options.format == "PARQUET":
        return ".parquet"
    return f".{options.compression}" if options.compression else ""


def opener(compression: str | None) -> Callable[[Path], Any]:
    """How a text file is opened for writing. gzip goes through ISA-L in a thread of its own: ten times zlib's speed."""
    openers: dict[str | None, Callable[[Path], Any]] = {
        None: lambda path: path.open("wb"),
        "gz": lambda path: _gzip(path),
        "bz2": lambda path: bz2.open(path, "wb", compresslevel=5),  # noqa: SIM115 - as above
        "zst": lambda path: pa.CompressedOutputStream(str(path), "zstd"),
    }
    return openers[compression]


def _gzip(path: Path) -> Any:
    return igzip_threaded.open(path, "wb", compresslevel=1, threads=1)  # type: ignore[no-untyped-call] # isal has none


class TextFiles:
    """Writes lines into files of at most a given size, partition after partition.

    The size is that of the file as it lies on disk; a compressed one is measured after each batch, so it may end
    somewhat over the limit, as Redshift's do.
    """

    def __init__(self, scratch: Path, options: UnloadOptions, header: bytes) -> None:
        self._scratch = scratch
        self._options = options
        self._header = header
        self._open = opener(options.compression)
        self._file: Any = None
        self._plain = 0
        self.files: list[UnloadedFile] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, folder: str, data: memoryview, ends: Any) -> None:
        """Write whole lines.

        :param data: the lines' bytes.
        :param ends: where each line ends in ``data``, an ascending array.
        """
        start, line = 0, 0
        while line < len(ends):
            room = self._room(folder, int(ends[line]) - start)
            fitting = int(ends.searchsorted(start + room, side="right"))
            after = max(fitting, line + 1)  # a line longer than a file may be is a file of its own
            self._append(data[start : int(ends[after - 1])], after - line)
            start, line = int(ends[after - 1]), after

    def _room(self, folder: str, needed: int) -> int:
        """Bytes left in the current file; a new file is begun where the next line does not fit."""
        current = self.files[-1] if self._file is not None else None
        if current is None or current.folder != folder or self._written() + needed > self._options.max_file_size:
            self._begin(folder)
        return self._options.max_file_size - self._written()

    def _written(self) -> int:
        return self.files[-1].size if self._options.compression else self._plain

    def _begin(self, folder: str) -> None:
        self.close()
        index = self.files[-1].index + 1 if self.files and self.files[-1].folder == folder else 0
        path = self._scratch / f"{len(self.files):06d}"
        self._file = self._open(path)
        self._plain = 0
        self.files.append(UnloadedFile(path, folder, index, 0))
        if self._header:
            self._append(memoryview(self._header), 1)

    def _append(self, data: memoryview, rows: int) -> None:
        self._file.write(data)
        self._plain += len(data)
        self.files[-1].rows += rows

    def close(self) -> None:
        """Finish the current file."""
        if self._file is not None:
            self._file.close()
            self._file = None
