from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.trainyard.made_up import LEADS, SPEC
from trainyard.errors import SpecError
from trainyard.spec import Between, Compute, Scores, Search, Serving, Source, Spark, Training


@pytest.mark.parametrize("name", ["", "x", "Recommender", "my-model", "ñandú", "1st", "a" * 33, "shop/../x"])
def test_a_model_name_that_no_service_takes_is_refused(name: str) -> None:
    with pytest.raises(SpecError, match=r"ModelSpec\.name"):
        replace(SPEC, name=name)


@pytest.mark.parametrize("name", ["code", "events", "landing", "logs", "tmp"])
def test_a_model_cannot_have_the_name_of_a_folder_that_lies_beside_the_models(name: str) -> None:
    with pytest.raises(SpecError, match=r"ModelSpec\.name.*bucket's own"):
        replace(SPEC, name=name)


def test_the_objective_of_the_search_must_be_measured() -> None:
    with pytest.raises(SpecError, match=r"Search\.objective.*'AUC'"):
        replace(SPEC, search=Search("AUC", ranges={"lr": Between(0.1, 0.2)}))


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Compute("large"), "Compute.instance_type"),
        (lambda: Compute("ml.m5.large", instance_count=0), "Compute.instance_count"),
        (lambda: Compute("ml.m5.large", volume_gb=0), "Compute.volume_gb"),
        (lambda: Compute("ml.m5.large", time_limit=timedelta(seconds=1)), "Compute.time_limit"),
        (lambda: Compute("ml.m5.large", time_limit=timedelta(days=9)), "Compute.time_limit"),
        (lambda: Compute("ml.m5.large", pool=""), "Compute.pool"),
        (lambda: Source("interactions", "x.sql"), "Source.table"),
        (lambda: Source("shop.x; drop table y", "x.sql"), "Source.table"),
        (lambda: Source("shop.x", "/etc/x.sql"), "Source.sql"),
        (lambda: Source("shop.x", "x.txt"), "Source.sql"),
        (lambda: Source("shop.x", {}), "Source.sql"),
        (lambda: Source("shop.x", {"Train set": "x.sql"}), "Source.sql"),
        (lambda: Scores("scores", key="lead_id"), "Scores.table"),
        (lambda: Scores("shop.scores", key="lead id"), "Scores.key"),
        (lambda: Scores("shop.scores", key="lead_id", key_type="text; drop table x"), "Scores.key_type"),
        (lambda: Serving("leads", "image:1", max_payload_mb=60, concurrent=2), "Serving.max_payload_mb"),
        (lambda: replace(LEADS, serving=replace(LEADS.serving, content_type="application/json")), "Serving.content"),
        (lambda: replace(LEADS, spark=replace(LEADS.spark, arguments={"train": 1})), "Spark.arguments"),
        (lambda: replace(LEADS.training, evaluate="rm -rf"), "Training.evaluate"),
        (lambda: replace(LEADS.training, channels=()), "Training.channels"),
        (lambda: Spark("x.sh"), "Spark.script"),
        (lambda: Spark("x.py", arguments={"input": "s3://other/"}), "Spark.arguments"),
        (lambda: Spark("x.py", release="7.1"), "Spark.release"),
        (lambda: Spark("x.py", on="eks"), "Spark.on"),  # type: ignore[arg-type]  # what the check is for
        (lambda: Training("../x", "image", {}, {}), "Training.folder"),
        (lambda: Training("ncf", "", {}, {}), "Training.image"),
        (lambda: Training("ncf", "image", {}, {"HR": "HR=.*"}), "Training.metrics"),
        (lambda: Training("ncf", "image", {}, {"HR": "HR=("}), "Training.metrics"),
        (lambda: Between(2, 1), "Between"),
        (lambda: Between(0, 1, "Logarithmic"), "Between"),
        (lambda: Search("HR", ranges={}), "Search.ranges"),
        (lambda: Search("HR", ranges={"lr": (1,)}, trials=0), "Search.trials"),
        (lambda: Search("HR", ranges={"lr": (1,)}, trials=2, parallel=3), "Search.parallel"),
        (lambda: Serving("my_endpoint", "image"), "Serving.endpoint"),
        (lambda: Serving("endpoint", ""), "Serving.image"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(make: Any, field: str) -> None:
    with pytest.raises(SpecError, match=field.replace(".", r"\.")):
        make()


def test_a_specification_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        SPEC.name = "other"  # type: ignore[misc]


def test_whole_numbers_make_an_integer_range() -> None:
    assert Between(1, 8).is_integer
    assert not Between(0.1, 8).is_integer
