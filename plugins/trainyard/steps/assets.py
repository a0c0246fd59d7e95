"""The assets of a model: what other DAGs are scheduled on, named in one place.

==================  ============================================================================================
asset               its event says
==================  ============================================================================================
``<model>_examples``  training data of a partition is published (``build_examples``, ``announce_features``)
``<model>_live``      another version answers at the endpoint (``deploy``)
``<model>_scores``    a partition's scores are in the warehouse (``publish_scores``)
``<model>_drift``     somebody saw that the data or the scores are not what they were; reported from outside
==================  ============================================================================================

Every event carries a partition key. Airflow 3.3 hands events with a key to partitioned timetables alone and events
without one to the others alone, so whoever follows one of these assets takes a ``PartitionedAssetTimetable``, and
whoever reports drift names a partition. A task that is skipped or fails has no event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset

from trainyard.aws.runtime import Runtime

if TYPE_CHECKING:
    from airflow.sdk import Context

    from trainyard.run import Run
    from trainyard.spec import ModelSpec

#: What an event repeats of what its task returned.
_REPEATED = ("manifest", "digest", "rows", "model_version", "model_package", "endpoint", "changed", "table")


def examples_asset(spec: ModelSpec) -> Asset:
    """Return the asset that stands for a model's training data."""
    return Asset(name=f"{spec.name}_examples", uri=f"x-trainyard://{spec.name}/examples")


def live_asset(spec: ModelSpec) -> Asset:
    """Return the asset that stands for the live model: DAGs that follow a release are scheduled on it."""
    return Asset(name=f"{spec.name}_live", uri=f"x-sagemaker://endpoint/{spec.serving.endpoint}")


def scores_asset(spec: ModelSpec) -> Asset:
    """Return the asset that stands for the scores in the warehouse.

    A model that is scored every week and every day has a table of each, and so an asset of each.

    Raises:
        ValueError: when the model's scores do not go back to the warehouse.
    """
    if spec.scores is None:
        raise ValueError(f"ModelSpec.scores: {spec.name} has no table of scores")
    name = f"{spec.name}_scores" + ("_daily" if spec.calendar.length == "daily" else "")
    return Asset(name=name, uri=f"x-redshift://{spec.scores.table.replace('.', '/')}")


def drift_asset(spec: ModelSpec) -> Asset:
    """Return the asset by which drift is reported: a monitor, or ``POST /api/v2/assets/events`` with a partition."""
    return Asset(name=f"{spec.name}_drift", uri=f"x-trainyard://{spec.name}/drift")


def tell(context: Context, result: Any) -> None:
    """Say in the events of a task's assets which partition they are about, and what it left there.

    It is an operator's ``post_execute``: done when the task has succeeded, and not when it is skipped. A run that was
    begun by hand has no partition key of its own, so the events are given the partition that the run resolved.
    """
    run = Runtime(context).run()
    facts = facts_of(run, result)
    for asset in context["task"].outlets:
        event = context["outlet_events"][asset]
        event.extra.update(facts)
        event.add_partitions(run.partition)


def facts_of(run: Run, result: Any) -> dict[str, Any]:
    """Return what an event says beside its partition key: ``run_type`` lets a follower tell history from today."""
    told = result if isinstance(result, dict) else {}
    return {
        "model": run.model,
        "partition": run.partition,
        "run_type": run.run_type,
        "code_version": run.code_version,
        **{name: told[name] for name in _REPEATED if told.get(name) is not None},
    }
