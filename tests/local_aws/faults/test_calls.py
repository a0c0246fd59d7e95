"""Calls that are throttled, fail, get lost, or tell another story: as boto3 sees them."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from local_aws.testing import AdminError, LocalAwsAdmin
from tests.local_aws.sagemaker_jobs.support import Jobs
from tests.support import LocalAwsForTests


def refused(call: Callable[..., Any], **params: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_each_service_throttles_in_its_own_words(local_aws: LocalAwsForTests, admin: LocalAwsAdmin) -> None:
    with admin.fault("throttle"):
        assert refused(local_aws.client("sagemaker").list_models) == ("ThrottlingException", 400)
        assert refused(local_aws.client("s3").list_objects_v2, Bucket="any") == ("SlowDown", 503)
        assert refused(local_aws.client("sts").get_caller_identity) == ("Throttling", 400)  # moto's, behind
    assert local_aws.client("sts").get_caller_identity()["Account"]


def test_a_fault_hits_what_it_names_and_nothing_else(local_aws: LocalAwsForTests, admin: LocalAwsAdmin) -> None:
    sagemaker = local_aws.client("sagemaker")
    with admin.fault("error", service="sagemaker", operation="List*Jobs", status=503, code="ServiceUnavailable"):
        assert refused(sagemaker.list_training_jobs) == ("ServiceUnavailable", 503)
        assert sagemaker.list_models()["Models"] is not None


def test_a_fault_can_be_for_one_object_only(jobs: Jobs, admin: LocalAwsAdmin) -> None:
    with admin.fault("refuse", match={"TrainingJobName": "^mine-"}, code="AccessDeniedException", status=403):
        assert refused(jobs.sagemaker.describe_training_job, TrainingJobName="mine-1")[0] == "AccessDeniedException"
        assert refused(jobs.sagemaker.describe_training_job, TrainingJobName="other")[0] == "ValidationException"


def test_a_fault_can_come_late_and_go_early(local_aws: LocalAwsForTests, admin: LocalAwsAdmin) -> None:
    list_models = local_aws.client("sagemaker").list_models
    admin.add_fault("throttle", operation="ListModels", after=1, times=2)
    list_models()
    for _ in range(2):
        refused(list_models)
    list_models()
    assert [fault["hits"] for fault in admin.faults()] == [2]


def test_chance_is_the_same_every_time(local_aws: LocalAwsForTests, admin: LocalAwsAdmin) -> None:
    list_models = local_aws.client("sagemaker").list_models

    def outcomes() -> list[bool]:
        found = []
        with admin.fault("throttle", operation="ListModels", probability=0.3, seed=7):
            for _ in range(40):
                try:
                    list_models()
                    found.append(True)
                except ClientError:
                    found.append(False)
        return found

    first = outcomes()
    assert first == outcomes()
    assert 0 < first.count(False) < 40


@pytest.mark.parametrize(("fault", "made"), [("drop-before", False), ("drop-after", True)])
def test_a_connection_is_cut_before_or_after_the_call_took_effect(
    local_aws: LocalAwsForTests, admin: LocalAwsAdmin, fault: str, made: bool
) -> None:
    sagemaker, name = local_aws.client("sagemaker"), f"group-{fault}"
    with admin.fault(fault, operation="CreateModelPackageGroup"), pytest.raises(ConnectionClosedError):
        sagemaker.create_model_package_group(ModelPackageGroupName=name)
    found = sagemaker.list_model_package_groups(NameContains=name)["ModelPackageGroupSummaryList"]
    assert len(found) == made


def test_a_delay_after_the_call_holds_the_reply_only(local_aws: LocalAwsForTests, admin: LocalAwsAdmin) -> None:
    sagemaker = local_aws.client("sagemaker", read_timeout=0.5)
    with (
        admin.fault("delay", operation="CreateModelPackageGroup", seconds=2, when="after"),
        pytest.raises(Exception, match="Read timeout"),
    ):
        sagemaker.create_model_package_group(ModelPackageGroupName="group-delayed")
    assert sagemaker.describe_model_package_group(ModelPackageGroupName="group-delayed")


def test_a_reply_can_tell_any_state(jobs: Jobs, admin: LocalAwsAdmin) -> None:
    name = jobs.train("true")["TrainingJobName"]
    with admin.fault("reply", operation="DescribeTrainingJob", set={"TrainingJobStatus": "Stopping"}):
        assert jobs.describe_training(name)["TrainingJobStatus"] == "Stopping"
    assert jobs.describe_training(name)["TrainingJobStatus"] == "Completed"


def test_quotas_let_so_many_requests_through_and_throttle_the_rest(
    local_aws: LocalAwsForTests, admin: LocalAwsAdmin
) -> None:
    list_models = local_aws.client("sagemaker").list_models
    admin.forget_calls()
    with admin.quotas({"sagemaker": {"List*": 2}}):
        list_models()
        list_models()
        assert refused(list_models) == ("ThrottlingException", 400)
    list_models()
    assert admin.calls()["sagemaker:ListModels"] == 4
    assert admin.throttled() == {"sagemaker:ListModels": 1}


@pytest.mark.parametrize(
    ("fault", "fields", "complaint"),
    [
        ("throttel", {}, "fault: 'throttel' is none of"),
        ("throttle", {"service": 3}, "service: 3 is no str"),
        ("delay", {"when": "later"}, "neither 'before' nor 'after'"),
        ("delay", {"second": 3}, "second: delay knows"),
        ("throttle", {"probability": 2}, "not in 0..1"),
        ("throttle", {"match": {"Name": "("}}, "no regular expression"),
    ],
)
def test_a_wrong_rule_is_refused_by_its_field(
    admin: LocalAwsAdmin, fault: str, fields: dict[str, object], complaint: str
) -> None:
    with pytest.raises(AdminError, match=complaint):
        admin.add_fault(fault, **fields)
    assert admin.faults() == []
