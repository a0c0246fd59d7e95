"""Buttons on a task's page that lead to its job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperatorLink
from airflow.sdk.execution_time.xcom import XCom

from trainyard.catalog import kind_of
from trainyard.links import console_page, log_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

JOB = "job"  # the XCom in which a task keeps what identifies its job


class ConsoleLink(BaseOperatorLink):
    """The job's page in the AWS console."""

    name = "AWS console"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Return the address; empty when the task has no job."""
        del operator
        return _console(_job(ti_key))


class LogLink(BaseOperatorLink):
    """The job's log in CloudWatch."""

    name = "Log of the job"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Return the address; empty when the task has no job, or one without a log there."""
        del operator
        return _log(_job(ti_key))


def links(job: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield key and address of each button, for a task that waits: Airflow itself keeps them only when a task ends."""
    yield ConsoleLink().xcom_key, _console(job)
    yield LogLink().xcom_key, _log(job)


def _job(ti_key: TaskInstanceKey) -> dict[str, Any]:
    return XCom.get_value(ti_key=ti_key, key=JOB) or {}


def _console(job: dict[str, Any]) -> str:
    return console_page(kind_of(job["kind"]), job["ref"], job["region"]) if job else ""


def _log(job: dict[str, Any]) -> str:
    return log_page(kind_of(job["kind"]), job["ref"], job["region"]) if job else ""
