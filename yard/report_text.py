"""The report in the terminal."""

import json
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from yard import say
from yard.report import Report, Step
from yard.scored import Scored
from yard.trials import Trials, briefly

_STYLES = {"success": "green", "failed": "red", "upstream failed": "red", "skipped": "dim"}


def show(report: Report, files: Mapping[str, str], console: Console = say.console) -> None:
    """Print a report.

    :param files: what else there is to look at, e.g. ``{"report": "file:///..."}``.
    """
    console.print()
    verdict = "[green]succeeded[/]" if report.succeeded else f"[red]{escape(report.state)}[/]"
    console.print(f"[bold]{escape(report.model)}[/] of partition {escape(report.partition or 'unknown')}: {verdict}")
    console.print(_steps(report.steps))
    if report.metrics:
        console.print(_metrics(report.metrics))
    if report.trials:
        console.print(_trials(report.trials))
    if report.scored and report.scored.examples:
        console.print(_scores(report.scored))
    for title, text in facts(report).items():
        console.print(f"[bold]{title}[/]  {escape(text)}")
    for title, address in {"run": report.run_page, **files}.items():
        console.print(f"[bold]{title}[/]  {escape(address)}")
    whole, part = say.seconds(report.total_seconds), say.seconds(report.run_seconds)
    gap = "" if report.gap_seconds is None else f"; {report.gap_seconds:.2f} s from step to step (median)"
    console.print(f"[bold]time[/]  {whole}, of which the run {part}{gap}")


def facts(report: Report) -> dict[str, str]:
    """The sentences of a report, by their titles."""
    said = {}
    if report.loaded:
        said["data"] = ", ".join(f"{name} {shown(value)}" for name, value in report.loaded.items())
    if report.verdict:
        word = "accepted" if report.verdict.get("accepted") else "refused"
        said["gate"] = f"{word}: {report.verdict.get('reason', '')}"
    if report.scored:
        scored = report.scored
        many = f"{scored.rows:,} rows in {scored.table}, partition {scored.partition}"
        said["scores"] = f"cannot be read: {scored.error}" if scored.error else many
    if report.live:
        live = report.live
        said["live"] = (
            f"endpoint {live['endpoint']} ({live['status']}), version {live['model_version'] or 'unknown'},"
            f" partition {live['partition'] or 'unknown'}"
        )
    else:
        said["live"] = "nothing"
    if report.answer:
        said["asked"] = as_sent(report.request)
        said["answer"] = as_sent(report.answer)
    if report.failure:
        said["failed"] = report.failure.task
        said["reason"] = report.failure.reason
        said["log"] = f"{report.failure.log_file}\n     {report.failure.page}"
    return said


def as_sent(message: Any, indent: int | None = None) -> str:
    """A request or an answer: a line of CSV as it is, everything else as JSON."""
    return message if isinstance(message, str) else json.dumps(message, indent=indent, ensure_ascii=False)


def shown(value: Any) -> str:
    """A figure as people read it."""
    if isinstance(value, float):
        return f"{value:,.4f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _steps(steps: list[Step]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title, justify in (("step", "left"), ("state", "left"), ("time", "right"), ("", "left")):
        table.add_column(title, justify=justify, header_style="dim")  # type: ignore[arg-type]  # a Literal in rich
    for step in steps:
        state = step.state + (f", try {step.tries}" if step.tries > 1 else "")
        length = "" if step.seconds is None else say.seconds(step.seconds)
        said = step.note or ", ".join(f"{name} {shown(value)}" for name, value in step.figures.items())
        table.add_row(escape(step.name), f"[{_STYLES.get(step.state, 'dim')}]{escape(state)}[/]", length, escape(said))
    return table


def _trials(trials: Trials) -> Table:
    """The best of a search; how it went is drawn on the page."""
    table = Table(box=None, pad_edge=False)
    table.add_column("best trials", header_style="dim")
    for name in (trials.metric, *trials.names):
        table.add_column(escape(name), justify="right", header_style="dim")
    table.add_column("state", header_style="dim")
    for trial in trials.best():
        values = (briefly(trial.hyperparameters.get(name, "")) for name in trials.names)
        cells = (f"{trial.number} of {len(trials.trials)}", shown(trial.objective), *values, trial.status)
        table.add_row(*(escape(cell) for cell in cells))
    return table


def _scores(scored: Scored) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in scored.columns:
        table.add_column(escape(name), justify="right" if name == "score" else "left", header_style="dim")
    for row in scored.examples:
        table.add_row(*(escape("" if value is None else shown(value)) for value in row))
    return table


def _metrics(metrics: Mapping[str, Mapping[str, float]]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("metric", header_style="dim")
    for who in metrics:
        table.add_column(who, justify="right", header_style="dim")
    for name in dict.fromkeys(name for values in metrics.values() for name in values):
        values = [metrics[who].get(name) for who in metrics]
        table.add_row(escape(name), *("" if value is None else shown(value) for value in values))
    return table
