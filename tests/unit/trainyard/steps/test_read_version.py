"""What others have registered is judged only when it is this model's, and of this run's partition."""

from typing import Any

import pytest

from tests.unit.trainyard.aws_models import problems
from tests.unit.trainyard.made_up import SPEC
from trainyard.errors import InputError
from trainyard.requests.registry import judgement
from trainyard.steps.read_version import only_version, require_ours

ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package/recommender/3"
PARTITION = "2026-02-02"


def told(group: str = "recommender", **origin: str) -> dict[str, Any]:
    return {"ModelPackageArn": ARN, "ModelPackageGroupName": group, "CustomerMetadataProperties": origin}


@pytest.mark.parametrize("origin", [{"partition": PARTITION}, {}])
def test_a_version_of_the_runs_partition_is_judged_and_so_is_one_that_names_none(origin: dict[str, str]) -> None:
    require_ours(told(**origin), SPEC, PARTITION)


def test_a_version_of_another_model_is_refused() -> None:
    with pytest.raises(InputError, match="a version of recommender-2, not of recommender"):
        require_ours(told("recommender-2"), SPEC, PARTITION)


def test_a_version_of_another_partition_is_refused() -> None:
    with pytest.raises(InputError, match="partition 2026-02-09, but this run is about 2026-02-02"):
        require_ours(told(partition="2026-02-09"), SPEC, PARTITION)


@pytest.mark.parametrize(("packages", "reason"), [([], "no version"), ([ARN, ARN], "2 versions")])
def test_one_version_is_wanted(packages: list[str], reason: str) -> None:
    with pytest.raises(InputError, match=f"execution/1 registered {reason}.*; one of recommender is wanted"):
        only_version({"execution": "execution/1", "model_packages": packages}, SPEC)


@pytest.mark.parametrize(
    ("approved", "compared", "status"),
    [(True, True, "Approved"), (True, False, "PendingManualApproval"), (False, True, "Rejected")],
)
def test_the_verdict_is_one_that_aws_takes(approved: bool, compared: bool, status: str) -> None:
    request = judgement(ARN, approved=approved, compared=compared, reason="a" * 2000, metadata={"reason": "b" * 300})
    assert problems("sagemaker", "UpdateModelPackage", request) == []
    assert request["ModelApprovalStatus"] == status
