import math

import pytest

from trainyard.errors import SpecError
from trainyard.gate import Gate, may_release, may_replace, not_comparable

GATE = Gate("ndcg@10", at_least=0.30, may_lose=0.02)
POPULARITY = {"ndcg@10": 0.20}


def judged(mine: float, theirs: float | None = None, baseline: float = 0.20) -> bool:
    champion = None if theirs is None else {"ndcg@10": theirs}
    return GATE.judge({"ndcg@10": mine}, champion, {"ndcg@10": baseline}).accepted


@pytest.mark.parametrize(
    ("mine", "theirs", "accepted"),
    [
        (0.35, None, True),
        (0.29, None, False),
        (0.30, None, True),
        (0.35, 0.36, True),
        (0.35, 0.37, True),
        (0.35, 0.3701, False),
        (0.45, 0.40, True),
        (0.29, 0.10, False),
    ],
)
def test_a_challenger_must_be_good_and_may_lose_only_a_little(
    mine: float, theirs: float | None, accepted: bool
) -> None:
    assert judged(mine, theirs) is accepted


def test_a_challenger_must_beat_the_baseline() -> None:
    assert not judged(0.35, baseline=0.35)
    assert judged(0.35, baseline=0.3499)


def test_beating_the_baseline_can_be_left_out() -> None:
    gate = Gate("ndcg@10", at_least=0.30, must_beat_baseline=False)
    assert gate.judge({"ndcg@10": 0.35}, None, None).accepted


def test_without_a_baseline_nothing_is_accepted() -> None:
    verdict = GATE.judge({"ndcg@10": 0.35}, None, None)
    assert not verdict.accepted
    assert "baseline" in verdict.reason


@pytest.mark.parametrize("challenger", [{}, {"ndcg@10": math.nan}, {"hr@10": 0.9}])
def test_a_challenger_that_was_not_measured_is_refused(challenger: dict[str, float]) -> None:
    assert not GATE.judge(challenger, None, POPULARITY).accepted


@pytest.mark.parametrize("champion", [{}, {"ndcg@10": math.nan}])
def test_a_champion_that_was_not_measured_is_not_taken_for_none(champion: dict[str, float]) -> None:
    verdict = GATE.judge({"ndcg@10": 0.9}, champion, POPULARITY)
    assert not verdict.accepted
    assert "champion" in verdict.reason


def test_the_reason_holds_the_figures() -> None:
    reason = GATE.judge({"ndcg@10": 0.35}, {"ndcg@10": 0.40}, POPULARITY).reason
    assert "0.3500" in reason
    assert "0.4000" in reason
    assert "0.0200" in reason


@pytest.mark.parametrize("fields", [{"metric": ""}, {"at_least": math.nan}, {"may_lose": -0.1}, {"may_lose": math.inf}])
def test_a_wrong_gate_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(SpecError, match=f"Gate.{next(iter(fields))}"):
        Gate(**{"metric": "auc", "at_least": 0.5} | fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("run_type", "wanted", "backfill_wanted", "accepted"),
    [
        ("scheduled", True, False, True),
        ("manual", True, False, True),
        ("manual", False, False, False),
        ("backfill", True, False, False),
        ("backfill", True, True, True),
        ("backfill", False, True, False),
        ("asset_triggered", True, False, True),
    ],
)
def test_a_backfill_releases_only_when_told_to(
    run_type: str, wanted: bool, backfill_wanted: bool, accepted: bool
) -> None:
    assert may_release(run_type=run_type, wanted=wanted, backfill_wanted=backfill_wanted).accepted is accepted


@pytest.mark.parametrize(
    ("partition", "live", "accepted"),
    [
        ("2026-02-02", None, True),
        ("2026-02-02", "2026-02-02", True),
        ("2026-02-02", "2026-01-26", True),
        ("2026-02-02", "2026-02-09", False),
    ],
)
def test_older_never_replaces_newer(partition: str, live: str | None, accepted: bool) -> None:
    assert may_replace(partition, live).accepted is accepted


def test_a_model_of_an_older_partition_is_judged_alone_and_the_reason_says_so() -> None:
    reason = not_comparable("2026-01-05", "2026-02-02")
    verdict = Gate("auc", at_least=0.7).judge({"auc": 0.8}, None, {"auc": 0.6}, "a rule", reason)
    assert verdict.accepted
    assert "not compared: the live model is of partition 2026-02-02" in verdict.reason
    assert "nothing is live" not in verdict.reason


@pytest.mark.parametrize("partition", ["2026-02-02", "2026-02-09"])
def test_a_model_of_the_same_or_a_newer_partition_is_compared(partition: str) -> None:
    assert not_comparable(partition, "2026-02-02") == ""
