"""A ``tar.gz`` whose bytes depend on names, contents and modes alone: equal code gives equal archives everywhere."""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def tar_gz(files: Mapping[str, bytes], executables: Collection[str] = ()) -> bytes:
    """Return an archive: no times, no users, one order.

    Args:
        files: content by name.
        executables: the names that keep their right to be executed.
    """
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=buffer, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(files[name]), 0o755 if name in executables else 0o644
            archive.addfile(member, io.BytesIO(files[name]))
    return buffer.getvalue()
