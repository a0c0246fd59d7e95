"""The layout of the bucket. Every prefix ends in ``/``: without it, ``run1`` would also match ``run10``.

::

    s3://<bucket>/code/current.json                         which code a new run takes
    s3://<bucket>/code/<version>/sql|spark_jobs|training_jobs/...
    s3://<bucket>/<model>/<partition>/<step>/<token>/       one place for one piece of work, and nobody else's
    s3://<bucket>/<model>/<partition>/<step>/<token>/manifest.json
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_IN_A_PLACE = re.compile(r"[^/]+/\d{4}-\d\d-\d\d/[^/]+/[0-9a-f]{10}-\d+(?:r\d+)?/")


@dataclass(frozen=True)
class Place:
    """Where one piece of work leaves its output. It is empty before, and nobody else writes to it."""

    bucket: str
    model: str
    partition: str  # YYYY-MM-DD
    step: str
    token: str  # see names.Identity.token

    @property
    def prefix(self) -> str:
        """The key prefix, without the bucket, with the ``/`` at its end."""
        return f"{self.model}/{self.partition}/{self.step}/{self.token}/"

    @property
    def uri(self) -> str:
        """The prefix as a URI, with the ``/`` at its end."""
        return f"s3://{self.bucket}/{self.prefix}"

    def folder(self, name: str) -> str:
        """Return the URI of a folder in this place, with the ``/`` at its end."""
        return f"{self.uri}{name}/"

    @property
    def manifest(self) -> str:
        """The URI of the manifest: what is not listed there did not happen."""
        return f"{self.uri}manifest.json"


def place_of(key: str) -> str:
    """Return the prefix of the place that a key lies in, with the ``/`` at its end; empty when it lies in none."""
    found = _IN_A_PLACE.match(key)
    return found[0] if found else ""


def split(uri: str) -> tuple[str, str]:
    """Split ``s3://bucket/key`` into bucket and key.

    Raises:
        ValueError: when it is not such a URI.
    """
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise ValueError(f"Not an S3 URI: {uri!r}")
    return bucket, key


def code_pointer(bucket: str) -> str:
    """Return the URI of the object that names the current code version."""
    return f"s3://{bucket}/code/current.json"


def code_prefix(bucket: str, version: str) -> str:
    """Return the URI under which one version of the code lies."""
    return f"s3://{bucket}/code/{version}/"
