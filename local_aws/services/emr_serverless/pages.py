"""Pages of the lists: at most 50 entries, and a nextToken for what follows."""

from typing import Any

from local_aws.services.emr_serverless.errors import validation

_SIZE = 50


def page(name: str, entries: list[Any], asked: dict[str, Any]) -> dict[str, Any]:
    """The entries that ``nextToken`` and ``maxResults`` of a request ask for.

    :raises AwsError: ``ValidationException`` for a token that no page gave.
    """
    token, size = asked.get("nextToken"), int(asked.get("maxResults", _SIZE))
    if token is not None and not token.isdecimal():
        raise validation("Invalid NextToken.")
    first = int(token or 0)
    answer: dict[str, Any] = {name: entries[first : first + size]}
    if first + size < len(entries):
        answer["nextToken"] = str(first + size)
    return answer
