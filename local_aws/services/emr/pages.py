"""Pages of EMR's lists: 50 entries, and a Marker for what follows."""

from typing import Any

from local_aws.services.emr.errors import invalid_request

SIZE = 50


def page(name: str, entries: list[Any], marker: str | None) -> dict[str, Any]:
    """The entries from ``marker`` on.

    :raises AwsError: ``InvalidRequestException`` for a marker that no page gave.
    """
    if marker is not None and not marker.isdecimal():
        raise invalid_request(f"Marker '{marker}' is not valid.")
    first = int(marker or 0)
    answer: dict[str, Any] = {name: entries[first : first + SIZE]}
    if first + SIZE < len(entries):
        answer["Marker"] = str(first + SIZE)
    return answer
