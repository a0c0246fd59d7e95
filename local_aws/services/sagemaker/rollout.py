"""How traffic moves to a new fleet: all at once, by a canary or in steps, watched by alarms (deployment guardrails)."""

import threading
import time
from typing import Any

from local_aws import moto_bridge
from local_aws.errors import AwsError
from local_aws.services.sagemaker.fleets import DeploymentFailed

#: How often alarms are read while a fleet bakes, in seconds.
_LOOK_SECONDS = 0.25


class Canceled(Exception):
    """local_aws ends: leave everything as it is written down."""


class Rollout:
    """The timetable of one update, from its DeploymentConfig; its clock runs from now on."""

    def __init__(self, config: dict[str, Any], region: str, cancelled: threading.Event) -> None:
        policy = config.get("BlueGreenUpdatePolicy", {})
        self._routing = policy.get("TrafficRoutingConfiguration", {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0})
        self._termination_wait = policy.get("TerminationWaitInSeconds", 0)
        self._most_seconds = float(policy.get("MaximumExecutionTimeoutInSeconds", "inf"))
        self._deadline = time.monotonic() + self._most_seconds
        alarms = config.get("AutoRollbackConfiguration", {}).get("Alarms", [])
        self._alarms = [alarm["AlarmName"] for alarm in alarms]
        self._region = region
        self._cancelled = cancelled

    def seconds_left(self) -> float:
        """Until MaximumExecutionTimeoutInSeconds."""
        return self._deadline - time.monotonic()

    def shares(self, capacity: int) -> list[float]:
        """The new fleet's share of the traffic, step by step, for a fleet of that many instances."""
        kind = self._routing["Type"]
        if kind == "ALL_AT_ONCE":
            return [1.0]
        step = step_share(self._routing["CanarySize" if kind == "CANARY" else "LinearStepSize"], capacity)
        if kind == "CANARY":
            return [step, 1.0]
        steps = [step * number for number in range(1, int(1.0 / step) + 1)]
        return [*(share for share in steps if share < 0.999), 1.0]

    def bake(self) -> None:
        """Watch the alarms for WaitIntervalInSeconds after a step."""
        self._watch(self._routing["WaitIntervalInSeconds"])

    def bake_before_termination(self) -> None:
        """Watch the alarms for TerminationWaitInSeconds, while the old fleet still stands by."""
        self._watch(self._termination_wait)

    def check_alarms(self) -> None:
        """Fail when an alarm is on, also before any traffic moved: then the old fleet is in trouble.

        :raises DeploymentFailed: also for an alarm that does not exist, which could never ring.
        """
        for name in self._alarms:
            state = moto_bridge.alarm_state(name, self._region)
            if state is None:
                raise DeploymentFailed(f"The alarm {name} of AutoRollbackConfiguration does not exist.")
            if state == "ALARM":
                raise DeploymentFailed(f"The alarm {name} of AutoRollbackConfiguration is in ALARM state.")

    def _watch(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            self.check_alarms()
            if self.seconds_left() <= 0:
                limit = f"MaximumExecutionTimeoutInSeconds ({self._most_seconds:g} s)"
                raise DeploymentFailed(f"The deployment took longer than its {limit}.")
            remaining = end - time.monotonic()
            if remaining <= 0:
                return
            if self._cancelled.wait(min(remaining, _LOOK_SECONDS)):
                raise Canceled


def step_share(size: dict[str, Any], capacity: int) -> float:
    """A CanarySize or LinearStepSize as a share of the traffic."""
    whole = capacity if size["Type"] == "INSTANCE_COUNT" else 100
    return float(size["Value"]) / whole


def check_deployment_config(config: dict[str, Any], capacity: int) -> None:
    """Refuse what AWS refuses.

    :param capacity: instances of the new fleet.
    :raises AwsError: ``ValidationException``; 501 for rolling updates, which are not served.
    """
    if "RollingUpdatePolicy" in config:
        raise AwsError("NotImplemented", "local_aws does not serve RollingUpdatePolicy of a DeploymentConfig", 501)
    routing = config.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration")
    if routing is None:
        return
    sizes = {"ALL_AT_ONCE": None, "CANARY": "CanarySize", "LINEAR": "LinearStepSize"}
    needed = sizes[routing["Type"]]
    for name in ("CanarySize", "LinearStepSize"):
        if (name in routing) != (name == needed):
            verb = "requires" if name == needed else "does not allow"
            raise AwsError("ValidationException", f"TrafficRoutingConfiguration type {routing['Type']} {verb} {name}.")
    if needed is None:
        return
    low = 0.1 if needed == "LinearStepSize" and routing[needed]["Type"] == "CAPACITY_PERCENT" else 0.0
    if not low <= step_share(routing[needed], capacity) <= 0.5 or routing[needed]["Value"] < 1:
        bounds = "between 10% and 50%" if low else "at most 50%"
        raise AwsError("ValidationException", f"{needed} must be {bounds} of the new fleet's {capacity} instances.")
