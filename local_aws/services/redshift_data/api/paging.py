"""Lists in pages: MaxResults and NextToken."""

import base64
import binascii
import json
from typing import Any

from local_aws.errors import AwsError


def page(name: str, items: list[Any], params: dict[str, Any], most: int = 1000) -> dict[str, Any]:
    """One page of a list, with the token of the next one if there is more."""
    start = position(params.get("NextToken"))
    size = min(params.get("MaxResults") or most, most)
    answer: dict[str, Any] = {name: items[start : start + size]}
    if start + size < len(items):
        answer["NextToken"] = token(start + size)
    return answer


def token(at: int) -> str:
    """A NextToken that stands for a position."""
    return base64.urlsafe_b64encode(json.dumps({"at": at}).encode()).decode()


def position(next_token: str | None) -> int:
    """The position that a NextToken stands for.

    :raises AwsError: ``ValidationException`` for a token that was never given out.
    """
    if not next_token:
        return 0
    try:
        return int(json.loads(base64.urlsafe_b64decode(next_token))["at"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise AwsError("ValidationException", "The NextToken is not valid.") from None
