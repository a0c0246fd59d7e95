"""A deployment is done when the version asked for answers, and not before."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred
from botocore.exceptions import ClientError

from tests.unit.trainyard.made_up import SPEC, job
from trainyard.errors import CallRefused, JobFailed, JobLost, JobTimedOut, RolledBack
from trainyard.operators.endpoint import EndpointOperator
from trainyard.requests.endpoint import Version, endpoint_config

if TYPE_CHECKING:
    from tests.unit.trainyard.operators.conftest import Surroundings

PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/recommender/4"
WANTED = endpoint_config(job("release.deploy"), Version(PACKAGE, 4, "2026-02-02"))["EndpointConfigName"]
REGISTERED = {"model_package": PACKAGE, "model_version": 4, "partition": "2026-02-02", "champion_version": 3}
ABSENT = ClientError(
    {"Error": {"Code": "ValidationException", "Message": "Could not find endpoint"}}, "DescribeEndpoint"
)
BUSY = ClientError(
    {"Error": {"Code": "ValidationException", "Message": "Cannot update in-progress endpoint"}}, "UpdateEndpoint"
)
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "DescribeEndpoint")


@pytest.fixture
def deploy() -> EndpointOperator:
    return EndpointOperator(
        task_id="deploy",
        spec=SPEC,
        version=REGISTERED,
        examples={"sample_request": {"user": "u1"}},
        scores={"sample_answer": ""},
    )


def endpoint(status: str = "InService", config: str = "old", **more: Any) -> dict[str, Any]:
    return {"EndpointStatus": status, "EndpointConfigName": config, **more}


def answering(version: int) -> dict[str, Any]:
    return {"Body": io.BytesIO(json.dumps({"user": "u1", "items": ["i1"], "model_version": str(version)}).encode())}


def at_aws(surroundings: Surroundings, *states: Any, live_partition: str = "2026-01-26", **more: Any) -> None:
    """Let AWS answer: the endpoint's states one after the other, and what stands behind its config."""
    surroundings.script.answers |= {
        "create_model": [{}],
        "create_endpoint_config": [{}],
        "describe_endpoint": list(states),
        "describe_endpoint_config": [{"ProductionVariants": [{"ModelName": "recommender-v3"}]}],
        "describe_model": [{"PrimaryContainer": {"ModelPackageName": "package-3"}}],
        "describe_model_package": [
            {
                "ModelPackageVersion": 3,
                "CustomerMetadataProperties": {"partition": live_partition},
                "InferenceSpecification": {"Containers": [{"ModelDataUrl": "s3://b/model.tar.gz"}]},
            }
        ],
        "invoke_endpoint": [answering(4)],
    } | {method: [answer] for method, answer in more.items()}


def deferred(deploy: EndpointOperator) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        deploy.execute({})
    return caught.value


def test_a_first_deployment_creates_the_endpoint_and_waits(
    deploy: EndpointOperator, surroundings: Surroundings
) -> None:
    at_aws(surroundings, ABSENT, create_endpoint={})
    assert deferred(deploy).method_name == "finish"
    created = dict(surroundings.script.calls)["create_endpoint"]
    assert created["EndpointConfigName"] == WANTED


def test_a_later_one_updates_it(deploy: EndpointOperator, surroundings: Surroundings) -> None:
    at_aws(surroundings, endpoint(), update_endpoint={})
    assert deferred(deploy).method_name == "finish"
    assert dict(surroundings.script.calls)["update_endpoint"]["EndpointConfigName"] == WANTED


def test_an_endpoint_that_serves_it_already_is_left_alone_but_asked(
    deploy: EndpointOperator, surroundings: Surroundings
) -> None:
    at_aws(surroundings, endpoint(config=WANTED))
    result = deploy.execute({})
    assert result["changed"] is False
    assert "invoke_endpoint" in surroundings.script.called
    assert "update_endpoint" not in surroundings.script.called


def test_a_run_that_may_not_release_touches_nothing(deploy: EndpointOperator, surroundings: Surroundings) -> None:
    surroundings.its_run = replace(surroundings.its_run, release=False, release_reason="A backfill never releases")
    with pytest.raises(AirflowSkipException, match="A backfill never releases"):
        deploy.execute({})
    assert surroundings.script.called == []


def test_older_never_replaces_newer(deploy: EndpointOperator, surroundings: Surroundings) -> None:
    at_aws(surroundings, endpoint(), live_partition="2026-02-09")
    with pytest.raises(AirflowSkipException, match="2026-02-09"):
        deploy.execute({})


@pytest.mark.parametrize(("champion", "then"), [(2, "version 2 was"), (None, "nothing was")])
def test_a_model_that_was_compared_with_another_version_than_the_live_one_does_not_replace_it(
    deploy: EndpointOperator, surroundings: Surroundings, champion: int | None, then: str
) -> None:
    deploy.version = REGISTERED | {"champion_version": champion}
    at_aws(surroundings, endpoint())
    with pytest.raises(CallRefused, match=rf"version 3 is live now, but {then}.*Clear find_champion"):
        deploy.execute({})
    assert "update_endpoint" not in dict(surroundings.script.calls)


def test_an_update_of_ours_that_is_under_way_is_waited_for(
    deploy: EndpointOperator, surroundings: Surroundings
) -> None:
    pending = {"EndpointConfigName": WANTED}
    at_aws(surroundings, endpoint("Updating", PendingDeploymentSummary=pending))
    assert deferred(deploy).method_name == "finish"


@pytest.mark.parametrize("status", ["Creating", "Updating", "SystemUpdating", "RollingBack"])
def test_an_update_of_somebody_else_has_its_turn_first(
    deploy: EndpointOperator, surroundings: Surroundings, status: str
) -> None:
    at_aws(surroundings, endpoint(status))
    assert deferred(deploy).method_name == "step"


def test_losing_the_race_for_an_update_means_waiting_for_our_turn(
    deploy: EndpointOperator, surroundings: Surroundings
) -> None:
    at_aws(surroundings, endpoint(), endpoint(), endpoint("Updating"), update_endpoint=BUSY)
    assert deferred(deploy).method_name == "step"


def test_an_endpoint_that_failed_to_come_up_is_replaced(deploy: EndpointOperator, surroundings: Surroundings) -> None:
    at_aws(surroundings, endpoint("Failed"), delete_endpoint={})
    assert deferred(deploy).method_name == "step"
    assert "delete_endpoint" in surroundings.script.called


def test_throttling_is_waited_out_without_a_worker(deploy: EndpointOperator, surroundings: Surroundings) -> None:
    at_aws(surroundings, THROTTLED)
    waiting = deferred(deploy)
    assert waiting.method_name == "step"
    assert waiting.trigger.serialize()[1]["carry"]["times"] == 1


def finished(deploy: EndpointOperator, **event: Any) -> dict[str, Any]:
    return deploy.finish({}, {"outcome": "ended", "config": WANTED, **event})


def test_done_is_the_wanted_config_and_an_answer_of_the_wanted_version(
    deploy: EndpointOperator, surroundings: Surroundings
) -> None:
    at_aws(surroundings, endpoint(config=WANTED))
    result = finished(deploy)
    assert (result["endpoint_config"], result["model_version"], result["changed"]) == (WANTED, 4, True)


def test_in_service_with_the_old_config_is_rolled_back_not_done(
    deploy: EndpointOperator, surroundings: Surroundings
) -> None:
    at_aws(surroundings, endpoint(config="old", FailureReason="did not pass the ping health check"))
    with pytest.raises(RolledBack, match=r"old is live: rolled back\. did not pass the ping health check"):
        finished(deploy)


def test_the_wanted_config_that_answers_with_another_version_is_not_done(
    deploy: EndpointOperator, surroundings: Surroundings
) -> None:
    at_aws(surroundings, endpoint(config=WANTED), invoke_endpoint=answering(3))
    with pytest.raises(RolledBack, match="asked for version 4, but version 3 answered"):
        finished(deploy)


@pytest.mark.parametrize("status", ["Failed", "OutOfService", "UpdateRollbackFailed", "Deleting", "Creating", "New"])
def test_every_other_state_is_a_failure(deploy: EndpointOperator, surroundings: Surroundings, status: str) -> None:
    at_aws(surroundings, endpoint(status, config=WANTED))
    with pytest.raises(JobFailed, match=status):
        finished(deploy)


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ({"outcome": "timed_out"}, JobTimedOut),
        ({"outcome": "unreachable", "transient": True, "reason": "x"}, JobLost),
        ({"outcome": "unreachable", "transient": False, "reason": "x"}, CallRefused),
    ],
)
def test_a_wait_that_broke_off_is_no_success(
    deploy: EndpointOperator, surroundings: Surroundings, event: dict[str, Any], error: type[Exception]
) -> None:
    at_aws(surroundings, endpoint(config=WANTED))
    with pytest.raises(error):
        finished(deploy, **event)
