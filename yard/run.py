"""One run of a model's DAG: triggered, followed, reported."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from yard import report_html, report_text, say
from yard.airflow_api import AirflowApi
from yard.errors import Interrupted, RunFailed, YardError
from yard.home import write_json
from yard.joblogs import JobLogs
from yard.progress import follow
from yard.report import Report, collect
from yard.session import Session

#: How the ids of runs begin that this command line triggers.
_PREFIX = "yard__"
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def run(
    session: Session,
    model: str,
    conf: Mapping[str, Any],
    *,
    began: datetime,
    newest: date | None = None,
    loaded: Mapping[str, Any] = _NOTHING,
    request: Mapping[str, Any] = _NOTHING,
) -> Report:
    """Run a model's DAG and show the report.

    :param model: the DAG's id.
    :param conf: fields of its form.
    :param began: when the command began.
    :param newest: the newest complete week, where the command knows it: the run is for that.
    :param loaded: what the command put into the warehouse before, for the report.
    :param request: what to ask the endpoint, where the run did not ask itself.
    :raises RunFailed: after the report, when the run did not end well.
    """
    api = session.airflow()
    run_id = start(session, api, model, conf, newest)
    try:
        follow(api, model, run_id, JobLogs(session.aws, api, model, run_id).last_line, session.services.check)
    except Interrupted:
        _give_up(api, model, run_id)
        raise
    report = collect(session, api, model, run_id, began=began, loaded=loaded, request=request)
    show(session, report)
    if not report.succeeded:
        raise _failed(report)
    return report


def start(session: Session, api: AirflowApi, model: str, conf: Mapping[str, Any], newest: date | None = None) -> str:
    """Trigger a run.

    :param newest: the newest complete week: asked for by name where the form has a field for it and ``conf`` is silent.
    :returns: its id.
    :raises YardError: when Airflow refuses it.
    """
    run_id = f"{_PREFIX}{datetime.now(UTC):%Y-%m-%dT%H-%M-%S}"
    with say.step(f"Triggering {model}") as details:
        form = api.form(model)
        unknown = [name for name in conf if name not in form]
        if unknown:
            raise YardError(f"The form of {model} has no field {unknown[0]!r}.", f"It has: {', '.join(sorted(form))}.")
        for active in api.runs(model, 20, ("queued", "running")):
            if session.ours and active["dag_run_id"].startswith(_PREFIX):
                # The services were down when this command began: the command that followed that run is gone.
                api.end_run(model, active["dag_run_id"], "Left behind when the services ended; a new run follows.")
            else:
                say.note(f"{active['dag_run_id']} is still going on; the new run may have to wait for it.")
        chosen = {"partition": newest.isoformat()} if newest and "partition" in form else {}
        api.trigger(model, run_id, {**chosen, **conf})
        api.unpause(model)
        details.append(api.run_page(model, run_id))
    return run_id


def show(session: Session, report: Report) -> None:
    """Keep a report as HTML and JSON, and print it."""
    page, data = _files(session.home.reports, report.run)
    write_json(data, report.to_json())
    page.write_text(report_html.render(report), encoding="utf-8")
    report_text.show(report, {"report": session.home.shown(page), "as JSON": session.home.shown(data)})


def parse_param(text: str) -> tuple[str, Any]:
    """``epochs=5`` as ``("epochs", 5)``: the value is JSON where it is JSON, else the text itself.

    :raises YardError: when there is no ``=``.
    """
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise YardError(f"--param {text!r} says no value.", "Write name=value, e.g. --param epochs=5.")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def _files(folder: Path, run_id: str) -> tuple[Path, Path]:
    return folder / f"{run_id}.html", folder / f"{run_id}.json"


def _failed(report: Report) -> RunFailed:
    if report.failure is None:
        return RunFailed(f"The run ended as {report.state}.", f"See {report.run_page}")
    failure = report.failure
    return RunFailed(
        f"{report.model} failed at {failure.task}: {failure.reason}",
        f"Its log: {failure.log_file}\n  {failure.page} (`make up` shows it)",
    )


def _give_up(api: AirflowApi, model: str, run_id: str) -> None:
    """End a run whose follower was asked to end, so that its jobs end and the next run has the way free."""
    say.note(f"Ending the run {run_id} and its jobs.")
    try:
        api.end_run(model, run_id, "Interrupted at the command line.")
    except YardError as error:
        say.note(f"The run could not be ended: {error.what}")
