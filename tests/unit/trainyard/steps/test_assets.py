"""What the assets of a model are called, and what their events say."""

from collections import defaultdict
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.trainyard.made_up import LEADS, RUN, SPEC
from trainyard.spec import Calendar, Scores
from trainyard.steps import assets


class Event:
    """What a task writes about an asset, as Airflow's accessor takes it."""

    def __init__(self) -> None:
        self.extra: dict[str, Any] = {}
        self.keys: list[str] = []

    def add_partitions(self, key: str) -> None:
        self.keys.append(key)


def told(monkeypatch: pytest.MonkeyPatch, result: Any) -> Event:
    monkeypatch.setattr(assets, "Runtime", lambda _: SimpleNamespace(run=lambda: RUN))
    asset, events = assets.live_asset(SPEC), defaultdict[Any, Event](Event)
    context: Any = {"task": SimpleNamespace(outlets=[asset]), "outlet_events": events}
    assets.tell(context, result)
    return events[asset]


def test_an_event_names_its_partition_also_of_a_run_by_hand_which_has_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    event = told(monkeypatch, {"model_version": 3, "digest": "abc", "sample_answer": [1]})
    assert event.keys == [RUN.partition]
    assert event.extra == {
        "model": RUN.model,
        "partition": RUN.partition,
        "run_type": RUN.run_type,
        "code_version": RUN.code_version,
        "model_version": 3,
        "digest": "abc",
    }


def test_a_task_that_returns_nothing_still_tells_of_its_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch, None).extra["partition"] == RUN.partition


def test_the_assets_of_two_models_and_of_two_tables_are_not_the_same() -> None:
    daily = replace(LEADS, calendar=Calendar.DAILY, scores=Scores("marketing.lead_scores_daily", key="lead_id"))
    found = [
        *(
            make(spec)
            for spec in (LEADS, SPEC)
            for make in (assets.examples_asset, assets.live_asset, assets.drift_asset)
        ),
        assets.scores_asset(LEADS),
        assets.scores_asset(daily),
    ]
    assert len({asset.name for asset in found}) == len({asset.uri for asset in found}) == len(found)
    assert [asset.name for asset in found[-2:]] == ["lead_scoring_scores", "lead_scoring_scores_daily"]


def test_a_model_without_a_table_of_scores_has_no_asset_of_them() -> None:
    with pytest.raises(ValueError, match=r"ModelSpec\.scores: recommender"):
        assets.scores_asset(SPEC)
