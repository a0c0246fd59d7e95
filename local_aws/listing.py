"""Walks a bucket's folder in the order in which S3 lists keys (by their UTF-8 bytes)."""

import os
from collections.abc import Iterator
from pathlib import Path

from local_aws.keys import HIDDEN_FOLDERS, OBJECT, key_of, relative_path


def walk(bucket_folder: Path, prefix: str, after: str = "") -> Iterator[tuple[str, Path]]:
    """Yield ``(key, file)`` for each key that starts with ``prefix`` and sorts after ``after``."""
    folder_part = prefix.rpartition("/")[0]
    start = relative_path(folder_part + "/").parent if folder_part else Path()
    top = bucket_folder / start
    if top.is_dir():
        yield from _walk(top, Path(start).parts, prefix, after)


def _walk(folder: Path, above: tuple[str, ...], prefix: str, after: str) -> Iterator[tuple[str, Path]]:
    wanted, past = prefix.encode(), after.encode()
    for key, path, is_folder in sorted(_entries(folder, above)):
        if is_folder:
            # Every key below starts with `key`: skip the folder unless one of them can match and come after.
            can_match = key.startswith(wanted) or wanted.startswith(key)
            if can_match and (past < key or past.startswith(key)):
                yield from _walk(path, (*above, path.name), prefix, after)
        elif key.startswith(wanted) and key > past:
            yield key.decode(), path


def _entries(folder: Path, above: tuple[str, ...]) -> Iterator[tuple[bytes, Path, bool]]:
    """``(key, path, is a folder)`` of what lies in a folder; a folder's own object comes with the folder's siblings."""
    with os.scandir(folder) as found:
        for entry in found:
            path, segments = Path(entry.path), (*above, entry.name)
            if not entry.is_dir():
                if entry.name != OBJECT:
                    yield key_of(segments).encode(), path, False
            elif entry.name not in HIDDEN_FOLDERS:
                yield (key_of(segments) + "/").encode(), path, True
                if (path / OBJECT).is_file():
                    yield key_of((*segments, OBJECT)).encode(), path / OBJECT, False
