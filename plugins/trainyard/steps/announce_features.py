"""announce_features: the day's event, once its result stands in the ledger."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk import Param, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from trainyard.aws.calls import Exists
from trainyard.aws.records import ledger_of
from trainyard.aws.runtime import Runtime
from trainyard.steps.assets import examples_asset, facts_of
from trainyard.steps.form import scoring_form

if TYPE_CHECKING:
    from airflow.sdk import XComArg

    from trainyard.run import Run
    from trainyard.spec import Calendar, ModelSpec


def features_form() -> dict[str, Param]:
    """Return the form of a DAG that leaves a day's features."""
    week = Param(
        False,
        type="boolean",
        title="Build the week again, too",
        description="Announces all days of this day's week anew, which starts what is made of them once.",
        section="How",
    )
    return scoring_form() | {"rebuild_week": week}


def announce_features(spec: ModelSpec, features: XComArg, weeks: Calendar) -> XComArg:
    """Tell those who wait for the day that its features are there; the last task, after the ledger's.

    A day is announced once. When it is built again later, nothing starts by itself: the log and the XCom ``outcome``
    name what was made from the day as it was, and the form's ``rebuild_week`` has it built again. Then all days of the
    week are announced anew, because Airflow forgets the days of a roll-up that has started.

    Args:
        spec: the model.
        features: what ``publish_features`` returned.
        weeks: the calendar of the partitions that are made of days.

    Returns ``announced`` (the days), ``week``, ``rebuild`` (whether it is asked for again).
    """
    asset = examples_asset(spec)

    @task(task_id="announce_features", outlets=[asset])
    def body(features: Any) -> dict[str, Any]:
        context: Any = get_current_context()
        runtime = Runtime(context)
        run, week, days = _week(runtime, weeks)
        current = ledger_of(runtime, spec).current(run.partition)
        if current is None or current.run_id != context["dag_run"].run_id:
            raise AirflowSkipException(f"The result of day {run.partition} is that of another run, which tells of it.")
        rebuild = bool(context["params"].get("rebuild_week"))
        if not (_claim(runtime, run) or rebuild):
            _restated(runtime, run.partition, week)
        announced = days if rebuild else [run.partition]
        event = context["outlet_events"][asset]
        event.extra.update(facts_of(run, features) | {"rebuild": rebuild})
        event.add_partitions(announced)
        return {"announced": announced, "week": week, "rebuild": rebuild}

    announced: Any = body(features)
    announced.operator.set_upstream(announced.operator.dag.get_task("record"))
    told: XComArg = announced
    return told


def _restated(runtime: Runtime, day: str, week: str) -> NoReturn:
    """End here, skipped: whoever made something of the day as it was is not started again unasked."""
    reason = (
        f"Day {day} was announced before, and is another now. If week {week} was made from it as it was, build that "
        "week again: run this day with 'rebuild_week'."
    )
    runtime.ti.xcom_push(key="outcome", value={"outcome": "restated", "week": week, "reason": reason})
    raise AirflowSkipException(reason)


def _week(runtime: Runtime, weeks: Calendar) -> tuple[Run, str, list[str]]:
    """Return the run, the week that its day is in, and that week's days."""
    run = runtime.run()
    week = weeks.start_of(date.fromisoformat(run.partition))
    length = (weeks.after(week) - week).days
    return run, week.isoformat(), [(week + timedelta(days=n)).isoformat() for n in range(length)]


def _claim(runtime: Runtime, run: Run) -> bool:
    """Say whether this task is the one that announces the day: the first there ever was, or a retry of it."""
    uri = f"s3://{run.bucket}/{run.model}/{run.partition}/announced/{runtime.ti.dag_id}.json"
    token = runtime.identity.token()
    try:
        runtime.objects.write(uri, json.dumps({"by": token}).encode(), "application/json", replaces="")
    except Exists:
        return bool(runtime.objects.read_json(uri)["by"] == token)
    return True
