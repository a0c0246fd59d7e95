"""The filters, orders and pages that SageMaker's List operations have in common.

Records are returned as they are kept: the encoder sends only what the output shape of the operation names.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from operator import gt, lt
from typing import Any

from local_aws.errors import AwsError
from local_aws.state import Record

_TIME_FILTERS = {
    "CreationTimeAfter": ("CreationTime", gt),
    "CreationTimeBefore": ("CreationTime", lt),
    "LastModifiedTimeAfter": ("LastModifiedTime", gt),
    "LastModifiedTimeBefore": ("LastModifiedTime", lt),
}
#: AWS's page when MaxResults is not given.
_DEFAULT_PAGE = 10


def listed(
    key: str,
    records: Iterable[Record],
    params: Mapping[str, Any],
    *,
    name: str,
    order: str = "Descending",
    status: str | None = None,
) -> dict[str, Any]:
    """The answer of a List operation: one page under ``key``, and NextToken if there is more; else as `select`."""
    page, more = select(records, params, name=name, order=order, status=status)
    return {key: page, **more}


def select(
    records: Iterable[Record],
    params: Mapping[str, Any],
    *,
    name: str,
    order: str = "Descending",
    status: str | None = None,
) -> tuple[list[Record], dict[str, str]]:
    """One page of records, and ``{"NextToken": ...}`` if there is more.

    :param records: in the order of their creation.
    :param name: member that holds the resource's name, for NameContains and SortBy=Name.
    :param order: the SortOrder when none is asked for.
    :param status: member that holds the status, for StatusEquals and SortBy=Status.
    :raises AwsError: ``ValidationException`` for a NextToken that is none of ours.
    """
    found = [record for record in records if _wanted(record, params, name, status)]
    sort_key = {"Name": name, "Status": status}.get(params.get("SortBy", ""))
    if sort_key:
        found.sort(key=lambda record: str(record[sort_key]))
    if params.get("SortOrder", order) == "Descending":
        found.reverse()
    token = params.get("NextToken") or "0"
    if not token.isdigit():
        raise AwsError("ValidationException", "Invalid pagination token.")
    start = int(token)
    end = start + int(params.get("MaxResults") or _DEFAULT_PAGE)
    return found[start:end], {"NextToken": str(end)} if end < len(found) else {}


def _wanted(record: Record, params: Mapping[str, Any], name: str, status: str | None) -> bool:
    if params.get("NameContains", "").lower() not in str(record[name]).lower():
        return False
    if status and params.get("StatusEquals") not in (None, record[status]):
        return False
    return all(
        compare(record[member], _utc(params[parameter]))
        for parameter, (member, compare) in _TIME_FILTERS.items()
        if parameter in params
    )


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
