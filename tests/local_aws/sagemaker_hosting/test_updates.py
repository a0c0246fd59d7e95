"""UpdateEndpoint: nothing is lost when it succeeds, and nothing changes when it fails."""

import threading
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker_hosting.support import Hosting, until


def update(hosting: Hosting, name: str, config: str, **params: Any) -> None:
    hosting.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config, **params)


def blue_green(kind: str, wait: int = 0, termination_wait: int = 0, **sizes: Any) -> dict[str, Any]:
    """A BlueGreenUpdatePolicy."""
    routing = {"Type": kind, "WaitIntervalInSeconds": wait, **sizes}
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": routing,
            "TerminationWaitInSeconds": termination_wait,
        }
    }


class Alarm:
    """An alarm that ends an update, which otherwise bakes for as long as the test needs, by a rollback."""

    def __init__(self, hosting: Hosting) -> None:
        self.name = hosting.name("alarm")
        self._cloudwatch = hosting.local_aws.client("cloudwatch")
        self._cloudwatch.put_metric_alarm(
            AlarmName=self.name,
            Namespace="AWS/SageMaker",
            MetricName="Invocation5XXErrors",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
        )

    def watching(self, policy: dict[str, Any]) -> dict[str, Any]:
        """The policy, watched by this alarm."""
        return {**policy, "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": self.name}]}}

    def ring(self) -> None:
        self._cloudwatch.set_alarm_state(AlarmName=self.name, StateValue="ALARM", StateReason="a test")


class Callers:
    """Clients that go on asking an endpoint, and what they got."""

    def __init__(self, hosting: Hosting, name: str, count: int) -> None:
        self._hosting = hosting
        self._name = name
        self._enough = threading.Event()
        self.versions: list[str] = []
        self.failures: list[Exception] = []
        self._threads = [threading.Thread(target=self._ask) for _ in range(count)]

    def __enter__(self) -> "Callers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        for thread in self._threads:
            thread.join()

    def answered(self, version: str, times: int) -> None:
        """Wait until that many more answers came from a version."""
        enough = Counter(self.versions)[version] + times
        until(lambda: Counter(self.versions)[version] >= enough or self.failures)

    def _ask(self) -> None:
        while not self._enough.is_set():
            try:
                self.versions.append(self._hosting.invoke(self._name)["version"])
            except Exception as error:
                self.failures.append(error)
                return


def test_no_request_fails_while_an_endpoint_is_updated_three_times(hosting: Hosting) -> None:
    name = hosting.endpoint(hosting.config(hosting.model(version="1")))
    with Callers(hosting, name, count=4) as callers:
        callers.answered("1", 20)
        for version in ("2", "3", "4"):
            config = hosting.config(hosting.model(version=version))
            update(hosting, name, config)
            described = hosting.settled(name)
            assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", config)
            assert hosting.invoke(name)["version"] == version
            callers.answered(version, 20)
    assert callers.failures == []
    assert list(dict.fromkeys(callers.versions)) == ["1", "2", "3", "4"]
    hosting.delete(name)


def test_a_request_under_way_is_answered_by_the_fleet_that_got_it(
    hosting: Hosting, tmp_path_factory: pytest.TempPathFactory
) -> None:
    go = tmp_path_factory.mktemp("held") / "go"
    name = hosting.endpoint(hosting.config(hosting.model({"HOLD_UNTIL": str(go)}, version="old")))
    answers: list[str] = []
    slow = threading.Thread(target=lambda: answers.append(hosting.invoke(name, b"slow")["version"]))
    slow.start()
    until(lambda: "holding a request" in hosting.log_lines(f"/aws/sagemaker/Endpoints/{name}"))
    update(hosting, name, hosting.config(hosting.model(version="new")))
    until(lambda: hosting.invoke(name)["version"] == "new")
    assert hosting.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "Updating"
    go.touch()
    slow.join()
    assert answers == ["old"]
    assert hosting.settled(name)["EndpointStatus"] == "InService"
    hosting.delete(name)


def test_an_update_that_does_not_start_leaves_the_old_answers_and_tells_only_by_its_reason(hosting: Hosting) -> None:
    old = hosting.config(hosting.model(version="old"))
    name = hosting.endpoint(old)
    with Callers(hosting, name, count=2) as callers:
        update(hosting, name, hosting.config(hosting.model(version="new", fails="load")))
        described = hosting.settled(name)
        callers.answered("old", 10)
    assert described["EndpointStatus"] == "InService"
    assert described["EndpointConfigName"] == old
    assert "did not pass the ping health check" in described["FailureReason"]
    assert "cannot load the weights" in described["FailureReason"]
    assert "PendingDeploymentSummary" not in described
    assert callers.failures == []
    assert set(callers.versions) == {"old"}

    new = hosting.config(hosting.model(version="new"))
    update(hosting, name, new)
    healed = hosting.settled(name)
    assert healed["EndpointConfigName"] == new
    assert "FailureReason" not in healed
    hosting.delete(name)


def test_an_endpoint_that_is_being_updated_takes_no_second_update_and_no_deletion(hosting: Hosting) -> None:
    name, alarm = hosting.endpoint(hosting.config(hosting.model(version="old"))), Alarm(hosting)
    new = hosting.config(hosting.model(version="new"))
    deployment = alarm.watching(blue_green("ALL_AT_ONCE", wait=600))
    update(hosting, name, new, DeploymentConfig=deployment)
    described = hosting.sagemaker.describe_endpoint(EndpointName=name)
    assert described["EndpointStatus"] == "Updating"
    assert described["PendingDeploymentSummary"]["EndpointConfigName"] == new
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint") as refused:
        update(hosting, name, new)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        hosting.sagemaker.delete_endpoint(EndpointName=name)
    alarm.ring()
    assert hosting.settled(name)["LastDeploymentConfig"] == deployment
    hosting.delete(name)


def test_a_canary_gets_its_share_until_an_alarm_rolls_everything_back(hosting: Hosting) -> None:
    old = hosting.config(hosting.model(version="old"), count=4)
    name, alarm = hosting.endpoint(old), Alarm(hosting)
    canary = blue_green("CANARY", wait=600, CanarySize={"Type": "INSTANCE_COUNT", "Value": 1})
    new = hosting.config(hosting.model(version="new"), count=4)
    update(hosting, name, new, DeploymentConfig=alarm.watching(canary))

    def status() -> str:
        pending = hosting.sagemaker.describe_endpoint(EndpointName=name)["PendingDeploymentSummary"]
        return str(pending["ProductionVariants"][0]["VariantStatus"][0]["Status"])

    until(lambda: status() == "Baking")
    assert Counter(hosting.invoke(name)["version"] for _ in range(8)) == {"old": 6, "new": 2}

    alarm.ring()

    described = hosting.settled(name)
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", old)
    assert f"The alarm {alarm.name}" in described["FailureReason"]
    assert {hosting.invoke(name)["version"] for _ in range(4)} == {"old"}
    hosting.delete(name)


@pytest.mark.parametrize(
    "policy",
    [
        blue_green("CANARY", wait=1, CanarySize={"Type": "CAPACITY_PERCENT", "Value": 10}),
        blue_green("LINEAR", termination_wait=1, LinearStepSize={"Type": "CAPACITY_PERCENT", "Value": 50}),
    ],
)
def test_traffic_that_shifts_in_steps_ends_with_the_new_fleet(hosting: Hosting, policy: dict[str, Any]) -> None:
    name = hosting.endpoint(hosting.config(hosting.model(version="old")))
    new = hosting.config(hosting.model(version="new"))
    with Callers(hosting, name, count=2) as callers:
        callers.answered("old", 5)
        update(hosting, name, new, DeploymentConfig=policy)
        described = hosting.settled(name)
        assert {hosting.invoke(name)["version"] for _ in range(4)} == {"new"}
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", new)
    assert callers.failures == []
    hosting.delete(name)


def test_an_alarm_that_rings_before_anything_moved_ends_the_update(hosting: Hosting) -> None:
    old = hosting.config(hosting.model(version="old"))
    name, alarm = hosting.endpoint(old), Alarm(hosting)
    alarm.ring()
    with Callers(hosting, name, count=1) as callers:
        policy = alarm.watching(blue_green("ALL_AT_ONCE"))
        update(hosting, name, hosting.config(hosting.model(version="new")), DeploymentConfig=policy)
        assert hosting.settled(name)["EndpointConfigName"] == old
        callers.answered("old", 5)
    assert set(callers.versions) == {"old"}
    hosting.delete(name)


def test_an_alarm_that_does_not_exist_fails_the_update_at_once(hosting: Hosting) -> None:
    old = hosting.config(hosting.model(version="old"))
    name = hosting.endpoint(old)
    deployment = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "nobody-rings"}]}}
    update(hosting, name, hosting.config(hosting.model(version="new")), DeploymentConfig=deployment)
    described = hosting.settled(name)
    assert described["EndpointConfigName"] == old
    assert "nobody-rings" in described["FailureReason"]
    hosting.delete(name)


@pytest.mark.parametrize(
    ("policy", "complaint"),
    [
        (blue_green("CANARY"), "type CANARY requires CanarySize"),
        (blue_green("ALL_AT_ONCE", CanarySize={"Type": "CAPACITY_PERCENT", "Value": 10}), "does not allow CanarySize"),
        (blue_green("CANARY", CanarySize={"Type": "INSTANCE_COUNT", "Value": 1}), "CanarySize must be at most 50%"),
        (blue_green("LINEAR", LinearStepSize={"Type": "CAPACITY_PERCENT", "Value": 5}), "between 10% and 50%"),
    ],
)
def test_a_policy_that_aws_refuses_is_refused(hosting: Hosting, policy: dict[str, Any], complaint: str) -> None:
    config = hosting.config(hosting.model())
    name = hosting.endpoint(config)
    with pytest.raises(ClientError, match=complaint):
        update(hosting, name, config, DeploymentConfig=policy)
    assert hosting.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService"
    hosting.delete(name)


def test_variant_properties_are_retained_but_for_the_excluded_ones(hosting: Hosting) -> None:
    name = hosting.endpoint(hosting.config(hosting.model()))
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=name,
        DesiredWeightsAndCapacities=[{"VariantName": "A", "DesiredWeight": 5.0, "DesiredInstanceCount": 2}],
    )
    hosting.settled(name)
    update(
        hosting,
        name,
        hosting.config(hosting.model(version="2")),
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredInstanceCount"}],
    )
    [variant] = hosting.settled(name)["ProductionVariants"]
    assert (variant["CurrentWeight"], variant["CurrentInstanceCount"]) == (5.0, 1)
    hosting.delete(name)
