"""Which runs may replace what the warehouse holds."""

from dataclasses import replace

from tests.unit.trainyard.made_up import RUN
from trainyard.gate import may_release
from trainyard.steps.publish_scores import unwanted


def test_a_run_that_goes_live_publishes_its_scores() -> None:
    assert unwanted(RUN, {}) == ""


def test_a_run_that_is_to_train_and_judge_only_leaves_the_warehouse_alone() -> None:
    said = may_release(run_type="manual", wanted=False, backfill_wanted=False)
    run = replace(RUN, run_type="manual", release=said.accepted, release_reason=said.reason)
    assert unwanted(run, {}) == "The form says not to release. The table keeps the scores that it has."


def test_a_backfill_publishes_the_scores_of_its_weeks_without_going_live() -> None:
    said = may_release(run_type="backfill", wanted=True, backfill_wanted=False)
    run = replace(RUN, run_type="backfill", release=said.accepted, release_reason=said.reason)
    assert unwanted(run, {}) == ""
