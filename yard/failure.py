"""Why a run failed: the first step that did, the reason in its log, and where the whole log is."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yard.airflow_api import AirflowApi, Task


@dataclass(frozen=True)
class Failure:
    """A failed step."""

    task: str
    reason: str
    log_file: str
    page: str
    #: The last lines of the log, oldest first.
    log_end: tuple[str, ...] = ()


def explain(api: AirflowApi, dag: str, run: str, tasks: Iterable[Task], log_folder: Path) -> Failure | None:
    """The step that failed first, and why; None when none did."""
    failed = [task for task in tasks if task.state == "failed"]
    if not failed:
        return None
    task = min(failed, key=lambda task: (task.ended is None, task.ended))
    events = api.log(dag, run, task)
    return Failure(
        task=task.name,
        reason=reason(events) or "its log says nothing",
        log_file=str(log_file(log_folder, dag, run, task)),
        page=api.task_page(dag, run, task),
        log_end=tuple(_lines(events))[-15:],
    )


def log_file(log_folder: Path, dag: str, run: str, task: Task) -> Path:
    """Where Airflow keeps the log of a task's latest try (``[logging] log_filename_template``)."""
    folder = log_folder / f"dag_id={dag}" / f"run_id={run}" / f"task_id={task.task_id}"
    if task.map_index >= 0:
        folder /= f"map_index={task.map_index}"
    return folder / f"attempt={max(1, task.try_number)}.log"


def reason(events: list[dict[str, Any]]) -> str:
    """The message of the exception that ended a task, else the last error that it logged."""
    for event in reversed(events):
        details = event.get("error_detail")
        if isinstance(details, list) and details:
            # Airflow puts the exception that left the task first, and those behind it after.
            first = details[0]
            if first.get("exc_type") == "TaskDeferralError":
                break  # it says only that the trigger failed; the trigger's own last words stand before it
            return f"{first.get('exc_type', 'Error')}: {first.get('exc_value', '')}".strip(": ")
    for event in reversed(events):
        if event.get("level") in {"error", "critical"}:
            text = str(event.get("event", "")).strip()
            if text != "Task failed with exception":
                return text.splitlines()[-1] if text.startswith("Trigger failed") else text
    return ""


def _lines(events: Iterable[dict[str, Any]]) -> Iterable[str]:
    for event in events:
        text = str(event.get("event", "")).rstrip()
        if text and not text.startswith("::"):
            yield text
