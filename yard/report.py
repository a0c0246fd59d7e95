"""The report of a run: what happened, what it was worth, what is live. Collected once, shown in three forms."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from yard import live, scored, trials
from yard.airflow_api import AirflowApi, Task, moment
from yard.clients import Aws
from yard.failure import Failure, explain
from yard.gaps import median_gap
from yard.scored import Scored
from yard.session import Session
from yard.trials import Trials
from yard.warehouse import Warehouse

#: Tasks whose results the report knows by heart. Other tasks' figures are shown beside their step.
JUDGE, DEPLOY, SMOKE_TEST = "judge", "deploy", "smoke_test"


@dataclass(frozen=True)
class Step:
    """One task of the run."""

    name: str
    state: str
    seconds: float | None
    tries: int
    #: Plain figures that it returned, e.g. ``{"rows": 1000209}``.
    figures: dict[str, Any] = field(default_factory=dict)
    #: Why it was skipped.
    note: str = ""


@dataclass(frozen=True)
class Report:
    """All that is told of one run."""

    model: str
    run: str
    state: str
    partition: str
    started: datetime | None
    run_seconds: float
    total_seconds: float
    steps: list[Step]
    #: ``{"challenger": {"hr@10": ...}, "champion": ..., "popularity": ...}``; without those that were not measured. The
    #: third is the simple rule that the model's evaluation measures beside them, under its name.
    metrics: dict[str, dict[str, float]]
    #: The gate's ``accepted`` and ``reason``; empty when the run did not get that far.
    verdict: dict[str, Any]
    live: dict[str, Any]
    #: JSON, or a line of CSV, as the endpoint takes it.
    request: Any
    answer: Any
    failure: Failure | None
    run_page: str
    loaded: dict[str, Any]
    #: What a search for hyperparameters tried; None when there was none.
    trials: Trials | None = None
    #: The scores that the run brought into the warehouse; None when it brought none.
    scored: Scored | None = None
    #: Median seconds from the end of the last task before a task to its start; None when no task came after another.
    gap_seconds: float | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the run ended well."""
        return self.state == "success"

    def to_json(self) -> dict[str, Any]:
        """The report as a file keeps it."""
        return asdict(self)


def collect(
    session: Session,
    api: AirflowApi,
    dag: str,
    run: str,
    *,
    began: datetime,
    loaded: Mapping[str, Any],
    request: Mapping[str, Any],
) -> Report:
    """Gather what Airflow, the registry, the endpoint and the warehouse know of a run that has ended.

    :param began: when the command began, with the time zone; the total time counts from it.
    :param loaded: what the command put into the warehouse before the run.
    :param request: what to ask the endpoint where the run did not ask itself; empty for nothing.
    """
    found = api.run(dag, run)
    order = {task: place for place, task in enumerate(api.task_order(dag))}
    tasks = sorted(api.tasks(dag, run), key=lambda task: (order.get(task.task_id, 999), task.map_index))
    results = {task.task_id: api.result(dag, run, task.task_id, task.map_index) for task in _done(tasks)}
    judged = _named(results, JUDGE)
    return Report(
        model=dag,
        run=run,
        state=str(found["state"]),
        partition=_partition(found, results),
        started=moment(found["start_date"]),
        run_seconds=_seconds(found),
        total_seconds=(datetime.now(UTC) - began).total_seconds(),
        steps=[_step(task, results.get(task.task_id), _why_skipped(api, dag, run, task)) for task in tasks],
        metrics=_metrics(judged),
        verdict={name: judged[name] for name in ("accepted", "reason") if name in judged},
        **_live(session.aws, dag, request, results),
        failure=explain(api, dag, run, tasks, session.home.airflow / "logs"),
        run_page=api.run_page(dag, run),
        loaded=dict(loaded),
        trials=trials.found(_named(results, trials.CHOOSE)),
        scored=scored.found(Warehouse(session.aws, session.outputs), _named(results, scored.PUBLISH)),
        gap_seconds=median_gap(tasks, api.waits_for(dag)),
    )


def _seconds(run: Mapping[str, Any]) -> float:
    """How long a run took; 0 while it has no beginning or no end."""
    started, ended = moment(run["start_date"]), moment(run["end_date"])
    return (ended - started).total_seconds() if started and ended else 0.0


def _metrics(judged: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    shown = {"challenger": "challenger", "champion": "champion", "baseline": judged.get("baseline_name", "baseline")}
    return {name: judged[key] for key, name in shown.items() if judged.get(key)}


def _live(aws: Aws, dag: str, request: Any, results: Mapping[str, Any]) -> dict[str, Any]:
    """What is live after the run, and what it answers to the run's own request, else to ``request``."""
    deployed, tested = (_named(results, name) for name in (DEPLOY, SMOKE_TEST))
    named = live.describe(aws, str(deployed["endpoint"])) if deployed.get("endpoint") else None
    now_live = named or of_model(live.endpoints(aws), dag)
    asked = tested.get("request") or dict(request)
    answer = live.ask(aws, now_live.endpoint, asked) if now_live and asked else {}
    return {"live": asdict(now_live) if now_live else {}, "request": asked, "answer": answer}


def figures(result: Any) -> dict[str, Any]:
    """The plain numbers in what a task returned, also those one level down in ``facts``.

    Job names, addresses and secrets of any kind are texts, and so are never among them.
    """
    if not isinstance(result, Mapping):
        return {}
    facts = result.get("facts")
    inner = facts if isinstance(facts, Mapping) else {}
    return {
        str(name): value
        for name, value in {**result, **inner}.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _done(tasks: Iterable[Task]) -> list[Task]:
    return [task for task in tasks if task.state == "success"]


def _step(task: Task, result: Any, note: str) -> Step:
    known = figures(result) if task.task_id.rpartition(".")[2] not in {JUDGE, DEPLOY, SMOKE_TEST} else {}
    ran = task.state not in {"upstream_failed", "skipped"}
    state = (task.state or "not started").replace("_", " ")
    return Step(task.name, state, task.seconds if ran else None, task.try_number, known, note)


def _why_skipped(api: AirflowApi, dag: str, run: str, task: Task) -> str:
    """What a task that skipped itself said; empty for one that was skipped because another was."""
    if task.state != "skipped" or task.started is None:
        return ""
    said = [event["reason"] for event in api.log(dag, run, task) if isinstance(event.get("reason"), str)]
    return str(said[-1]) if said else ""


def _named(results: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The result of the task with a name, in whichever group it stands."""
    for task, result in results.items():
        if task.rpartition(".")[2] == name and isinstance(result, dict):
            return result
    return {}


def _partition(run: Mapping[str, Any], results: Mapping[str, Any]) -> str:
    """The partition that the run resolved; before it did, the one it was asked for."""
    for result in results.values():
        if isinstance(result, Mapping) and isinstance(result.get("partition"), str):
            return str(result["partition"])
    return str(run.get("partition_key") or (run.get("conf") or {}).get("partition") or "")


def of_model(found: Iterable[live.Live], dag: str) -> live.Live | None:
    """The endpoint of a DAG's model: called like the DAG, else beginning like it, else as the DAG begins.

    ``lead_scoring_daily`` deploys nothing: what is live for it is what ``lead_scoring`` put there.
    """
    by_name = {item.endpoint.replace("-", "_"): item for item in found}
    longer = [name for name in by_name if name.startswith(f"{dag}_")]
    shorter = sorted((name for name in by_name if dag.startswith(f"{name}_")), key=len, reverse=True)
    return next((by_name[name] for name in [dag, *longer, *shorter] if name in by_name), None)
