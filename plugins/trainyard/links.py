"""Where a person looks at a job: its page in the AWS console, and its log in CloudWatch.

Addresses as the console itself makes them; they are not part of any API, so a page that moves breaks a link and
nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from trainyard.kinds import JobKind, Ref


def console_page(kind: JobKind, ref: Ref, region: str) -> str:
    """Return the address of a job's page; empty for a kind that has none."""
    if not kind.console:
        return ""
    page = kind.console.format(region=region, **{key: quote(value, safe="") for key, value in ref.items()})
    return f"https://{region}.console.aws.amazon.com/{page}"


def log_page(kind: JobKind, ref: Ref, region: str) -> str:
    """Return the address of a job's log streams; empty where CloudWatch has none of this kind."""
    if not kind.log_group:
        return ""
    group, prefix = _in_fragment(kind.log_group), _in_fragment(next(iter(ref.values())))
    streams = f"log-groups/log-group/{group}$3FlogStreamNameFilter$3D{prefix}"
    if kind.key == "endpoint":  # an endpoint has a group of its own
        streams = f"log-groups/log-group/{group}$252F{prefix}"
    return f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logsV2:{streams}"


def _in_fragment(text: str) -> str:
    """Encode as the CloudWatch console does: percent-encoded twice, with ``$`` in the place of ``%``."""
    return quote(quote(text, safe=""), safe="").replace("%", "$")
