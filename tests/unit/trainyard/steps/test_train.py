"""Which model goes on after a search."""

from typing import Any

from tests.unit.trainyard.made_up import job
from trainyard.steps.train import best_trial

FOUND = {"best_job": "two", "trial_list": [{"job": "one", "status": "Stopped"}, {"job": "two", "status": "Completed"}]}


def trial(**inputs: Any) -> Any:
    return best_trial(job("train", **inputs))


def test_the_best_trials_model_goes_on() -> None:
    assert trial(chosen=FOUND) == {"TrainingJobName": "two"}


def test_a_trial_that_was_stopped_is_trained_to_its_end() -> None:
    assert trial(chosen=FOUND | {"best_job": "one"}) is None


def test_without_a_search_there_is_none() -> None:
    assert trial(chosen=None) is None


def test_what_the_trials_did_not_have_is_trained_anew() -> None:
    """A search runs the released script, from the beginning: its models are not of that revision, nor go on."""
    assert trial(chosen=FOUND, code={"code": "s3://b/sourcedir.tar.gz"}) is None
    assert trial(chosen=FOUND, former={"artifact": "s3://b/model.tar.gz"}) is None
