"""What a person sees of a backfill that goes on: a table that changes in place, or lines where a file is written."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from types import TracebackType

from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from yard import say
from yard.backfill.airflow import PartitionRun
from yard.backfill.progress import LEFT_OUT, NO_RESULT, Ended, Progress

_STYLES = {"complete": "green", "failed": "red", NO_RESULT: "red", "empty": "yellow", "unchanged": "dim"}
_BAR_WIDTH = 40
#: Seconds between two lines that say how far it is, where nothing else happened.
_QUIET_SECONDS = 60.0

Steps = Callable[[PartitionRun], str]


class LiveView(AbstractContextManager["LiveView"]):
    """A bar, the outcomes so far, and a line for each partition that is at work."""

    def __init__(self) -> None:
        self._live = Live(console=say.console, refresh_per_second=4, transient=True)

    def __enter__(self) -> "LiveView":
        self._live.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._live.stop()

    def show(self, progress: Progress, new: list[Ended], steps: Steps) -> None:
        """Replace what is shown; failures stay above it."""
        for told in new:
            if told.went_wrong:
                self._live.console.print(Text(line(told), "red"))
        table = Table(box=None, pad_edge=False, show_header=False)
        for run in progress.working:
            began = say.seconds((datetime.now(UTC) - run.began).total_seconds()) if run.began else ""
            table.add_row(Text("●", "cyan"), run.partition, began, Text(steps(run), "dim"))
        bar = ProgressBar(total=len(progress.runs), completed=len(progress.ended), width=_BAR_WIDTH)
        self._live.update(Group(bar, Text(tally(progress)), table))


class PlainView(AbstractContextManager["PlainView"]):
    """A line for each partition that has ended.

    :param write: where lines go.
    :param clock: seconds, never going back.
    """

    def __init__(self, write: Callable[[str], None] = say.line, clock: Callable[[], float] = time.monotonic) -> None:
        self._write, self._clock, self._said = write, clock, clock()

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Nothing to undo."""

    def show(self, progress: Progress, new: list[Ended], steps: Steps) -> None:
        """Write what is new, and now and then what goes on."""
        quiet = self._clock() - self._said >= _QUIET_SECONDS
        for number, told in enumerate(new, start=len(progress.ended) - len(new) + 1):
            self._write(f"{datetime.now(UTC):%H:%M:%S}  {line(told)}  ({number} of {len(progress.runs)})")
        if quiet and not new:
            at_work = ", ".join(f"{run.partition} ({steps(run) or 'begins'})" for run in progress.working)
            self._write(f"{datetime.now(UTC):%H:%M:%S}  {tally(progress)}: {at_work}")
        if quiet or new:
            self._said = self._clock()


def view() -> LiveView | PlainView:
    """The one that fits where the output goes."""
    return LiveView() if say.console.is_terminal else PlainView()


def line(told: Ended) -> str:
    """What became of one partition."""
    reason = f": {told.reason}" if told.reason and told.went_wrong else ""
    return f"{told.partition}  {told.outcome} after {say.seconds(told.seconds)}{reason}"


def tally(progress: Progress) -> str:
    """``34 of 52: 31 complete, 1 failed, 2 unchanged; 2 running``."""
    counts = progress.counts()
    told = ", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items()))
    behind = f": {told}" if told else ""
    return f"{len(progress.ended)} of {len(progress.runs)}{behind}; {len(progress.working)} running"


def results(progress: Progress) -> Table:
    """A row for each partition whose run did something, at the end."""
    table = Table(box=None, pad_edge=False)
    for title in ("partition", "outcome", "took", "its jobs", "overhead", "why"):
        table.add_column(title, header_style="dim", overflow="fold")
    for _, told in sorted(progress.ended.items()):
        if told.outcome in ("unchanged", LEFT_OUT):
            continue
        times = [say.seconds(length) for length in (told.seconds, told.job_seconds, told.overhead)]
        table.add_row(told.partition, Text(told.outcome, _STYLES.get(told.outcome, "")), *times, Text(told.reason))
    return table
