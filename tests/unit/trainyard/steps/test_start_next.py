"""What one run leaves starts the next one, by an event of the asset that starts them all."""

from typing import Any

import pytest
from airflow.dag_processing.collection import AssetModelOperation
from airflow.sdk.exceptions import AirflowSkipException
from airflow.serialization.serialized_objects import DagSerialization, LazyDeserializedDAG

from docs.build_dags import load


def test_a_run_that_leaves_nothing_starts_none() -> None:
    body: Any = load("landing").get_task("start_next").python_callable
    with pytest.raises(AirflowSkipException):
        body(0)
    body(1)


def test_it_has_an_event_of_what_the_dag_follows_and_the_watch_of_that_goes_on() -> None:
    dag = load("landing")
    (told,) = dag.get_task("start_next").outlets
    (followed,) = dag.timetable.asset_condition.objects
    assert (told.name, told.uri) == (followed.name, followed.uri)
    lazy = LazyDeserializedDAG(data=DagSerialization.to_dict(dag))
    (kept,) = AssetModelOperation.collect({"landing": lazy}).assets.values()  # what Airflow's database is given
    assert [watcher.name for watcher in kept.watchers] == ["landing"]
