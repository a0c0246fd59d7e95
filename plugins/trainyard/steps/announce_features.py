"""announce_features: the day's event, once its result stands in the ledger."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk import Param, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from trainyard.aws.records import ledger_of
from trainyard.aws.runtime import Runtime
from trainyard.steps.assets import examples_asset, facts_of
from trainyard.steps.form import scoring_form

if TYPE_CHECKING:
    from airflow.sdk import Context, XComArg

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
    week are announced anew, because Airflow forgets the days of a roll-up that has started. A week that lacks a day was
    not made yet: its days are announced one by one.

    Args:
        spec: the model.
        features: what ``publish_features`` returned.
        weeks: the calendar of the partitions that are made of days.

    Returns ``announced`` (the days), ``week``, ``rebuild`` (whether it is asked for again).
    """
    asset = examples_asset(spec)

    @task(task_id="announce_features", outlets=[asset], on_success_callback=_note)
    def body(features: Any) -> dict[str, Any]:
        context: Any = get_current_context()
        runtime = Runtime(context)
        run, week, days = _week(runtime, weeks)
        ledger = ledger_of(runtime, spec)
        current = ledger.current(run.partition)
        if current is None or current.run_id != context["dag_run"].run_id:
            raise AirflowSkipException(f"The result of day {run.partition} is that of another run, which tells of it.")
        missing = [day for day in days if ledger.current(day) is None]
        rebuild = bool(context["params"].get("rebuild_week")) and not missing
        if not rebuild and _was_announced(runtime, run):
            _restated(runtime, run.partition, week, missing)
        announced = days if rebuild else [run.partition]
        event = context["outlet_events"][asset]
        event.extra.update(facts_of(run, features) | {"rebuild": rebuild})
        event.add_partitions(announced)
        return {"announced": announced, "week": week, "rebuild": rebuild}

    announced: Any = body(features)
    announced.operator.set_upstream(announced.operator.dag.get_task("record"))
    told: XComArg = announced
    return told


def _restated(runtime: Runtime, day: str, week: str, missing: list[str]) -> NoReturn:
    """End here, skipped: whoever made something of the day as it was is not started again unasked."""
    outcome = "unfinished week" if missing else "restated"
    reason = f"Day {day} was announced before, and is another now. " + (
        f"Week {week} lacks {', '.join(missing)}: with the last of them it starts by itself, from the days as they are."
        if missing
        else f"If week {week} was made from it as it was, build that week again: run this day with 'rebuild_week'."
    )
    runtime.ti.xcom_push(key="outcome", value={"outcome": outcome, "week": week, "reason": reason})
    raise AirflowSkipException(reason)


def _week(runtime: Runtime, weeks: Calendar) -> tuple[Run, str, list[str]]:
    """Return the run, the week that its day is in, and that week's days."""
    run = runtime.run()
    week = weeks.start_of(date.fromisoformat(run.partition))
    length = (weeks.after(week) - week).days
    return run, week.isoformat(), [(week + timedelta(days=n)).isoformat() for n in range(length)]


def _was_announced(runtime: Runtime, run: Run) -> bool:
    """Say whether Airflow has had an event of the day; one by a former try of this task is announced again."""
    found = runtime.objects.read_tagged(_uri(runtime, run))
    return found is not None and bool(json.loads(found[0])["by"] != runtime.identity.token())


def _note(context: Context) -> None:
    """Note that the day is announced, once Airflow has the event: a task that dies before it has announced nothing."""
    runtime = Runtime(context)
    runtime.objects.write_json(_uri(runtime, runtime.run()), {"by": runtime.identity.token()})


def _uri(runtime: Runtime, run: Run) -> str:
    return f"s3://{run.bucket}/{run.model}/{run.partition}/announced/{runtime.ti.dag_id}.json"
