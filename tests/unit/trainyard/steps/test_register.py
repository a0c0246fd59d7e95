"""Every model is registered, also one of which nothing was measured."""

from tests.unit.trainyard.made_up import job
from trainyard.steps.register import metadata

EXAMPLES = {"manifest": "s3://b/manifest.json", "digest": "d"}


def test_a_model_without_a_figure_is_registered_without_it() -> None:
    verdict = {"challenger": {"auc": None, "recall": 0.5}, "champion": None, "baseline": {"auc": 0.6}, "reason": "none"}
    told = metadata(job("register"), EXAMPLES, {"job": "trained"}, verdict)
    assert {name: value for name, value in told.items() if ":" in name} == {
        "challenger:recall": "0.500000",
        "baseline:auc": "0.600000",
    }
