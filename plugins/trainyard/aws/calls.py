"""One call, whose failure says service, operation, object, reason and remedy, and whether trying again helps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ParamValidationError,
    UnknownRegionError,
)

from trainyard.errors import AwsFailure, CallRefused, CallUnavailable, QuotaExhausted
from trainyard.faults import Fault, fault_of

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What an answer calls its next page, and what the question calls it.
_PAGES = {"Marker": "Marker", "NextToken": "NextToken", "nextToken": "nextToken",
          "NextContinuationToken": "ContinuationToken"}  # fmt: skip
_NEVER = (ParamValidationError, UnknownRegionError)


class Absent(CallRefused):
    """The object of the call is not there."""


class Exists(CallRefused):
    """An object of that name is there already."""


_ERRORS: dict[Fault, type[AwsFailure]] = {
    Fault.ABSENT: Absent,
    Fault.EXISTS: Exists,
    Fault.UNAVAILABLE: CallUnavailable,
    Fault.QUOTA: QuotaExhausted,
    Fault.PERMANENT: CallRefused,
}


def call(client: Any, method: str, about: str, **params: Any) -> dict[str, Any]:
    """Make a call.

    Args:
        client: a boto3 client.
        method: boto3's name of the operation.
        about: what the call is about, told in the error.
        params: the parameters.

    Raises:
        AwsFailure: of the class that says what the failure means.
    """
    try:
        reply: dict[str, Any] = getattr(client, method)(**params)
    except (ClientError, BotoCoreError) as error:
        raise failure(error, client, method, about) from error
    return reply


def listed(client: Any, method: str, items: str, about: str, **params: Any) -> Iterator[dict[str, Any]]:
    """Yield the items of a list call, page after page, whatever the service calls its pages. See ``call``."""
    while True:
        reply = call(client, method, about, **params)
        yield from reply.get(items, [])
        key = next((key for key in _PAGES if reply.get(key)), "")
        if not key:
            return
        params[_PAGES[key]] = reply[key]


async def acall(client: Any, method: str, about: str, **params: Any) -> dict[str, Any]:
    """Make a call in the triggerer; see ``call``."""
    try:
        reply: dict[str, Any] = await getattr(client, method)(**params)
    except (ClientError, BotoCoreError, OSError, TimeoutError) as error:
        raise failure(error, client, method, about) from error
    return reply


def failure(error: Exception, client: Any, method: str, about: str) -> AwsFailure:
    """Turn what botocore raised into what it means."""
    service = client.meta.service_model.service_name
    operation = client.meta.method_to_api_mapping.get(method, method)
    if isinstance(error, ClientError):
        told = error.response.get("Error", {})
        meta = error.response.get("ResponseMetadata", {})
        code, message = str(told.get("Code", "")), str(told.get("Message", ""))
        wanted = _ERRORS[fault_of(code, message, int(meta.get("HTTPStatusCode") or 0))]
        return wanted(service=service, call=operation, about=about, reason=f"{code}: {message}",
                      request_id=str(meta.get("RequestId", "")))  # fmt: skip
    kind = CallRefused if isinstance(error, _NEVER) else CallUnavailable
    return kind(service=service, call=operation, about=about, reason=f"{type(error).__name__}: {error}")
