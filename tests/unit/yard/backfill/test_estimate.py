"""What a backfill will take: measured where something ran before, else by the time limits."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.yard.backfill.test_plan import BUILT
from trainyard.compute import Compute
from trainyard.gate import Gate
from trainyard.learning import Between, Search, Training
from trainyard.spec import ModelSpec, Serving, Source, Spark
from yard.backfill.estimate import estimate
from yard.backfill.pipeline import Pipeline

HOUR = Compute("ml.m5.xlarge", time_limit=timedelta(hours=1))
SPEC = ModelSpec(
    name="recommender",
    source=Source("shop.interactions", "recommender/interactions.sql"),
    spark=Spark("recommender/build_examples.py", compute=Compute("m5.xlarge", 2, time_limit=timedelta(hours=1))),
    training=Training("ncf", "pytorch", {}, metrics={"NDCG": "NDCG=([0-9.]+);"}, compute=HOUR),
    search=Search("NDCG", {"lr": Between(0.1, 0.2)}),
    gate=Gate("ndcg@10", at_least=0.1),
    serving=Serving("recommender", "pytorch", scoring=HOUR),
    evaluation=HOUR,
)
PIPELINE = Pipeline("recommender", SPEC, {"build_examples", "train", "evaluate", "score"}, set())


def test_without_a_run_before_it_is_the_time_limits() -> None:
    told = estimate(PIPELINE, [], partitions=10, at_once=2)
    assert (told.jobs, told.measured) == (40, 0)
    assert told.hours == 10 * (3 + 1 + 1 + 1)  # three machines of EMR, one each of the others
    assert told.cost == pytest.approx(10 * (3 * 0.24 + 3 * 0.23))
    assert told.seconds == 5 * 4 * 3600


def test_what_ran_before_says_how_long_it_takes() -> None:
    steps = {f"a.{step}": {"seconds": 36.0} for step in PIPELINE.steps}
    told = estimate(PIPELINE, [replace(BUILT, steps=steps), replace(BUILT, outcome="empty")], partitions=52, at_once=2)
    assert (told.jobs, told.measured, told.seconds) == (208, 1, 26 * 60.0)
    assert told.hours == pytest.approx(52 * 6 * 36 / 3600)


def test_a_job_that_no_run_before_had_is_not_counted() -> None:
    left: dict[str, dict[str, Any]] = {"a.score": {"state": "skipped"}, "a.train": {"state": "success"}}
    left |= {f"a.{step}": {"state": "success", "seconds": 36.0} for step in ("build_examples", "evaluate")}
    told = estimate(PIPELINE, [replace(BUILT, steps=left)], partitions=10, at_once=2)
    assert told.jobs == 30  # nothing is scored where a partition is older than what is live
    assert told.hours == pytest.approx(10 * ((3 + 1) * 36 / 3600 + 1))  # training says nothing: its time limit


def test_a_machine_without_a_price_makes_the_whole_one_unknown() -> None:
    training = replace(SPEC.training, compute=Compute("ml.trn1.2xlarge"))
    assert estimate(replace(PIPELINE, spec=replace(SPEC, training=training)), [], 1, 1).cost is None


def test_a_dag_that_only_scores_has_no_training_to_pay() -> None:
    assert estimate(replace(PIPELINE, steps={"build_examples", "score"}), [], 3, 1).jobs == 6


SEARCHED = replace(PIPELINE, spec=replace(SPEC, search=replace(SPEC.search, trials=6, parallel=4)))


def test_a_search_is_as_many_trainings_as_it_has_trials() -> None:
    told = estimate(SEARCHED, [], partitions=10, at_once=2, tune=True)
    assert told.jobs == 10 * (3 + 6)
    assert told.hours == 10 * (3 + 6 + 1 + 1)
    assert told.cost == pytest.approx(10 * (3 * 0.24 + 8 * 0.23))
    assert told.seconds == 5 * (3 + 2) * 3600  # four at a time, then two


def test_a_search_takes_longer_than_runs_before_that_made_none() -> None:
    left: dict[str, dict[str, Any]] = {f"a.{step}": {"seconds": 10.0} for step in PIPELINE.steps}
    plain = replace(BUILT, steps=left)
    searched = replace(
        plain, steps=left | {"a.choose_hyperparameters": {"state": "success"}}, ended_at="2026-02-09T00:01:10.000+00:00"
    )
    for before in (plain, searched):
        assert estimate(SEARCHED, [before], partitions=1, at_once=1, tune=True).seconds == 70
