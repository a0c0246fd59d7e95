"""Walks a bucket's folder in the order in which S3 lists keys (by their UTF-8 bytes)."""

import os
from collections.abc import Iterator
from pathlib import Path

from local_aws.keys import HIDDEN_FOLDERS, key_of, relative_path


def walk(bucket_folder: Path, prefix: str, after: str = "") -> Iterator[tuple[str, Path]]:
    """Yield ``(key, file)`` for each key that starts with ``prefix`` and sorts after ``after``."""
    folder_part = prefix.rpartition("/")[0]
    start = relative_path(folder_part + "/").parent if folder_part else Path()
    top = bucket_folder / start
    if top.is_dir():
        yield from _walk(top, Path(start).parts, prefix, after)


def _walk(folder: Path, above: tuple[str, ...], prefix: str, after: str) -> Iterator[tuple[str, Path]]:
    entries: list[tuple[bytes, os.DirEntry[str]]] = []
    with os.scandir(folder) as found:
        for entry in found:
            if entry.is_dir():
                if entry.name not in HIDDEN_FOLDERS:
                    entries.append(((key_of((*above, entry.name)) + "/").encode(), entry))
            else:
                entries.append((key_of((*above, entry.name)).encode(), entry))
    wanted, past = prefix.encode(), after.encode()
    for key, entry in sorted(entries, key=lambda pair: pair[0]):
        if entry.is_dir():
            # Every key below starts with `key`: skip the folder unless one of them can match and come after.
            can_match = key.startswith(wanted) or wanted.startswith(key)
            if can_match and (past < key or past.startswith(key)):
                yield from _walk(Path(entry.path), (*above, entry.name), prefix, after)
        elif key.startswith(wanted) and key > past:
            yield key.decode(), Path(entry.path)
