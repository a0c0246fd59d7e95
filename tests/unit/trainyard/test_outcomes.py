"""How a run ended, from how its tasks did."""

from typing import Any

from trainyard.outcomes import Ended, outcome_of

#: The road, each task after the one before it; the search is beside it, and training goes on when that is skipped.
ROAD = ["wait_for_source", "prepare.unload", "prepare.build_examples", "learn.train", "learn.register", "release.score"]


def outcome(skipped: dict[str, str | None] | None = None, **states: str) -> tuple[str, str]:
    """The outcome of a run.

    Args:
        skipped: tasks of the road that are skipped, and what they say became of the run; None where they say nothing.
        states: of other tasks of the road, by the last part of their id.
    """
    skips: dict[str, str | None] = {"search": "skipped", **(skipped or {})}
    tasks = {"search": Ended("skipped", said(skips["search"]), frozenset({"prepare.build_examples"}))}
    before = "resolve_run"
    for name in ROAD:
        short = name.rpartition(".")[2]
        after = {before, "search"} if short == "train" else {before}
        state = "skipped" if short in skips else states.get(short, "success")
        tasks[name] = Ended(state, said(skips.get(short)), frozenset(after), needs_all=short != "train")
        before = name
    return outcome_of(tasks)


def said(outcome: str | None) -> dict[str, Any]:
    return {"outcome": outcome, "reason": f"it is {outcome}"} if outcome else {}


def after(first: str, outcome: str | None) -> dict[str, str | None]:
    """A task that skips itself, and all after it."""
    names = [name.rpartition(".")[2] for name in ROAD]
    return {name: outcome if name == first else None for name in names[names.index(first) :]}


def test_a_run_whose_tasks_all_ended_well_is_complete() -> None:
    assert outcome() == ("complete", "")


def test_a_task_that_says_why_it_skipped_itself_leaves_the_run_complete() -> None:
    assert outcome(after("score", "skipped")) == ("complete", "")


def test_a_failed_task_is_named() -> None:
    assert outcome(train="failed", register="upstream_failed") == ("failed", "failed: learn.train")


def test_a_run_that_was_ended_before_a_task_failed_by_itself_is_failed() -> None:
    assert outcome(train="upstream_failed")[0] == "failed"


def test_a_run_that_was_ended_by_hand_while_a_task_waited_has_no_result() -> None:
    said = outcome(after("train", None))
    assert said[0] == "failed"
    assert said[1].startswith("ended by hand: learn.register, learn.train, release.score did not run")


def test_a_run_that_was_ended_by_hand_before_it_asked_for_its_source_is_not_empty() -> None:
    assert outcome(after("wait_for_source", None) | {"search": None})[0] == "failed"


def test_the_search_that_nobody_asked_for_does_not_explain_why_nothing_was_trained() -> None:
    assert outcome(after("train", None) | {"search": "skipped"})[0] == "failed"


def test_a_source_without_rows_is_empty_and_so_is_all_after_it() -> None:
    assert outcome(after("build_examples", "empty") | {"search": None}) == ("empty", "it is empty")


def test_a_run_that_found_nothing_changed_says_so() -> None:
    found = outcome(after("wait_for_source", "unchanged") | {"search": None})
    assert found == ("unchanged", "it is unchanged")


def test_one_empty_dataset_among_several_does_not_make_the_partition_empty() -> None:
    both = {"train": Ended("success", {"outcome": "complete"}), "leads": Ended("success", {"outcome": "empty"})}
    assert outcome_of(both) == ("complete", "")
    assert outcome_of({"leads": both["leads"]}) == ("empty", "no rows")


def test_for_a_task_of_somebody_else_its_own_word_is_taken() -> None:
    tasks = {"quality": Ended("skipped", ours=False), "build_examples": Ended("skipped", after=frozenset({"quality"}))}
    found = outcome_of(tasks)
    assert found[0] == "empty"
    assert "the log of a skipped task before build_examples" in found[1]
