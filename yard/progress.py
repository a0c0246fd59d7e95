"""Following a run: which step, since when, and the last line its job wrote."""

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol

from rich.live import Live
from rich.table import Table
from rich.text import Text

from yard import say
from yard.airflow_api import RUN_ENDED, TASK_ENDED, AirflowApi, Task

#: Seconds between two questions to Airflow, which shares the machine with the work.
_POLL_SECONDS = 1.0
#: Seconds between two looks into the logs of jobs.
_LINE_SECONDS = 3.0
#: Seconds between two lines about a step that goes on, where no person watches.
_PLAIN_SECONDS = 15.0

_MARKS = {
    "success": ("✓", "green"),
    "failed": ("✗", "red"),
    "upstream_failed": ("-", "red"),
    "skipped": ("-", "dim"),
    "running": ("●", "cyan"),
    "deferred": ("●", "cyan"),
    "up_for_retry": ("↻", "yellow"),
    "queued": ("○", "dim"),
    "scheduled": ("○", "dim"),
}
_WORKING = {"running", "deferred", "up_for_retry", "up_for_reschedule", "awaiting_input"}


class View(Protocol):
    """Shows how a run goes."""

    def show(self, tasks: list[Task], lines: dict[tuple[str, int], str]) -> None:
        """Show the tasks as they are now, and the last line of each that works."""


def follow(
    api: AirflowApi,
    dag: str,
    run: str,
    last_line: Callable[[Task], str],
    alive: Callable[[], None],
) -> str:
    """Show a run until it has ended.

    :param last_line: what a working task's job has written last.
    :param alive: raises when the services behind the run have ended.
    :returns: the state in which the run ended.
    """
    order = {task: place for place, task in enumerate(api.task_order(dag))}
    lines: dict[tuple[str, int], str] = {}
    read = float("-inf")
    with _view() as view:
        while True:
            tasks = sorted(api.tasks(dag, run), key=lambda task: (order.get(task.task_id, 999), task.map_index))
            if time.monotonic() - read > _LINE_SECONDS:
                lines = {task.key: last_line(task) for task in working(tasks)}
                read = time.monotonic()
            view.show(tasks, lines)
            # The run's own state follows when none of its tasks will change any more.
            if all(task.state in TASK_ENDED for task in tasks):
                state = str(api.run(dag, run)["state"])
                if state in RUN_ENDED:
                    return state
            alive()
            time.sleep(_POLL_SECONDS)


def working(tasks: Iterable[Task]) -> list[Task]:
    """The tasks that are at work, or waiting for a job that is."""
    return [task for task in tasks if task.state in _WORKING]


class LiveView(AbstractContextManager["LiveView"]):
    """A table that changes in place, for a person who watches."""

    def __init__(self) -> None:
        self._live = Live(console=say.console, refresh_per_second=4, transient=True)

    def __enter__(self) -> "LiveView":
        self._live.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._live.stop()

    def show(self, tasks: list[Task], lines: dict[tuple[str, int], str]) -> None:
        """Replace the table."""
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(overflow="ellipsis", no_wrap=True, style="dim")
        for task in tasks:
            mark, style = _MARKS.get(task.state or "", (" ", "dim"))
            table.add_row(Text(mark, style), Text(task.name, style), _length(task), Text(lines.get(task.key, "")))
        self._live.update(table)


class PlainView(AbstractContextManager["PlainView"]):
    """Lines for a log file: each change of a state, and now and then what goes on.

    :param write: where lines go.
    :param clock: seconds, never going back.
    """

    def __init__(self, write: Callable[[str], None] = say.line, clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._states: dict[tuple[str, int], tuple[str | None, int]] = {}
        self._told: dict[tuple[str, int], float] = {}

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Nothing to undo."""

    def show(self, tasks: list[Task], lines: dict[tuple[str, int], str]) -> None:
        """Write what has changed since the last time."""
        for task in tasks:
            state = _plain_state(task)
            now = self._clock()
            if state and self._states.get(task.key) != (state, task.try_number):
                self._states[task.key] = state, task.try_number
                self._told[task.key] = now
                length = f" after {_length(task)}" if task.ended and _length(task) else ""
                self._write(f"{datetime.now(UTC):%H:%M:%S}  {task.name}: {state}{length}")
            elif task.state in _WORKING and now - self._told.get(task.key, now) >= _PLAIN_SECONDS:
                self._told[task.key] = now
                said = f": {line}" if (line := lines.get(task.key)) else ""
                self._write(f"{datetime.now(UTC):%H:%M:%S}  {task.name}: for {_length(task)}{said}")


def _plain_state(task: Task) -> str:
    """Running and deferred are the same to a person: the step is at work. Queued is no news."""
    if task.state in {"running", "deferred"}:
        return "running" if task.try_number <= 1 else f"running, try {task.try_number}"
    # That later steps cannot run after a failure is no news either: the report says it once.
    return "" if task.state in {None, "queued", "scheduled", "upstream_failed"} else str(task.state).replace("_", " ")


def _length(task: Task) -> str:
    if task.started is None:
        return ""
    end = task.ended or datetime.now(UTC)
    return say.seconds(max(0.0, (end - task.started).total_seconds()))


def _view() -> LiveView | PlainView:
    return LiveView() if say.console.is_terminal else PlainView()
