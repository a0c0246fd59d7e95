from dataclasses import replace

from trainyard.job import tags_of
from trainyard.leftovers import Found, Leftover, leftovers
from trainyard.names import Identity, digest_of
from trainyard.owners import Owner
from trainyard.prices import hourly

NOW = 1_000_000.0


def found(task: str = "train", generation: int = 1, created: float = 0.0, bucket: str = "ours") -> Found:
    digest = digest_of("shop", "r1", task, -1)
    tags = tags_of(bucket=bucket, model="m", partition="2026-02-02", dag_id="shop", run_id="r1", task_id=task)
    name = Identity(task, digest, generation, 0).job_name("m")
    return Found("training", name, {"TrainingJobName": name}, created, tags)


def left(*items: Found, alive: tuple[str, ...] = ()) -> list[Leftover]:
    def lives(owner: Owner, whole_run: bool) -> bool:
        return ("run" if whole_run else owner.task) in alive

    return leftovers(items, lives, bucket="ours", now=NOW, older_than=60)


def test_what_a_live_task_owns_is_no_leftover() -> None:
    assert left(found(), alive=("train",)) == []


def test_what_no_live_task_owns_is_one() -> None:
    (item,) = left(found())
    assert item.sure
    assert item.why == "the task train of r1 of shop is not running"


def test_a_cluster_belongs_to_its_run() -> None:
    cluster = replace(found("start_cluster"), kind="cluster", outlives=True)
    assert left(cluster, alive=("run",)) == []
    (item,) = left(cluster, alive=("start_cluster",))
    assert item.why == "the run r1 of shop is not running"


def test_what_is_young_is_left_alone() -> None:
    assert left(found(created=NOW - 59)) == []


def test_what_another_airflow_made_is_not_even_told() -> None:
    assert left(found(bucket="theirs")) == []


def test_what_a_clear_has_replaced_is_a_leftover_though_its_task_lives() -> None:
    (item,) = left(found(generation=1), found(generation=4), alive=("train",))
    assert "-1" in item.found.name[-2:]
    assert item.why == "train was cleared and has started anew"


def test_what_cannot_be_proven_is_told_and_left_alone() -> None:
    (item,) = left(replace(found(), name="m-train-0000000000-1"))
    assert not item.sure


def test_the_oldest_comes_first() -> None:
    items = left(found("evaluate", created=2), found("train", created=1))
    assert [item.found.created for item in items] == [1, 2]


def test_what_machines_cost_is_known_or_said_to_be_unknown() -> None:
    assert hourly({"ml.m5.xlarge": 2, "ml.c5.xlarge": 1}) == 0.664
    assert hourly({"ml.m5.xlarge": 2, "ml.x99.huge": 1}) is None
    assert hourly({}) is None
