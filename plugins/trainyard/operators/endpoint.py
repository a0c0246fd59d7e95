"""Put a version live, and do not call it done before it answers.

An update that fails is rolled back by SageMaker and leaves the endpoint ``InService``: with the old config. So success
is the live config being the one asked for *and* an invocation answered by the version asked for. One update at a time:
a second one waits its turn. Nothing older replaces something newer.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from trainyard.aws.calls import call
from trainyard.aws.live import endpoint_now, live_version
from trainyard.aws.logs import tail
from trainyard.aws.runtime import Runtime
from trainyard.aws.skips import skip
from trainyard.catalog import ENDPOINT
from trainyard.errors import AwsFailure, CallRefused, JobFailed, JobLost, JobTimedOut, RolledBack
from trainyard.gate import may_replace, still_compared
from trainyard.kinds import State
from trainyard.operators.answers import require_version
from trainyard.operators.base import PatientOperator
from trainyard.operators.serving import ensure_config, version_of
from trainyard.requests.endpoint import endpoint as endpoint_request
from trainyard.triggers.job import JobTrigger
from trainyard.triggers.pause import PauseTrigger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context

    from trainyard.spec import ModelSpec

_TIME_LIMIT = timedelta(hours=2)  # SageMaker gives up on a container that does not come up long before


class EndpointOperator(PatientOperator):
    """Create the endpoint, or update it.

    Args:
        spec: the model.
        version: what the registration returned. (templated)
        examples: what built them; its ``sample_request`` shows who answers. (templated)
        scores: what the batch with this version left: its ``sample_answer`` to that request. (templated)
    """

    template_fields: Sequence[str] = ("version", "examples", "scores")

    def __init__(self, *, spec: ModelSpec, version: Any, examples: Any, scores: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.spec = spec
        self.version = version
        self.examples = examples
        self.scores = scores

    def execute(self, context: Context) -> dict[str, Any]:
        """Bring the endpoint to the version, unless the run may not."""
        return self.step(context)

    def step(self, context: Context, event: dict[str, Any] | None = None) -> dict[str, Any]:
        """Do what the endpoint's state calls for now; what cannot be done now is tried again later.

        Args:
            context: Airflow's.
            event: what was waited for; the endpoint itself says more.
        """
        try:
            return self._step(context)
        except AwsFailure as failure:
            self.pause(Runtime(context), failure, event, "step")

    def _step(self, context: Context) -> dict[str, Any]:
        runtime = Runtime(context)
        run = runtime.run()
        if not run.release:
            skip(runtime, run.release_reason)
        name, version = self.spec.serving.endpoint, version_of(self.version)
        job = runtime.job(self.spec, run, {})
        config = ensure_config(job, runtime.aws, version)
        now = endpoint_now(runtime.aws, name)
        client = runtime.aws.client("sagemaker")
        wanted = endpoint_request(job, config)
        if now is None:
            self._apply(runtime, "create_endpoint", config, **wanted, Tags=job.tag_list)
        if now["EndpointStatus"] == "Failed":  # a failed endpoint can only be deleted; it serves nobody
            call(client, "delete_endpoint", name, EndpointName=name)
            self._look_again(runtime)
        if now["EndpointStatus"] == "Deleting":
            self._look_again(runtime)
        if ENDPOINT.state(now) is State.RUNNING:
            pending = now.get("PendingDeploymentSummary", {}).get("EndpointConfigName")
            mine = config in (now["EndpointConfigName"], pending)
            self.log.info("%s is %s: waiting %s.", name, now["EndpointStatus"], "for it" if mine else "for our turn")
            self._wait(runtime, "finish" if mine else "step", config)
        if now["EndpointConfigName"] == config:
            return self._verified(runtime, config, changed=False)
        self._require_better(runtime, run.partition)
        self.log.info("Updating %s from %s to %s.", name, now["EndpointConfigName"], config)
        self._apply(runtime, "update_endpoint", config, **wanted)

    def finish(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Say whether the endpoint now serves what was asked for."""
        runtime, name, config = Runtime(context), self.spec.serving.endpoint, event["config"]
        said: Any = {"service": "sagemaker", "call": "UpdateEndpoint", "about": name}
        if event["outcome"] == "timed_out":
            raise JobTimedOut(**said, reason=f"the update to {config} used up {event.get('limit', 'its time limit')}")
        if event["outcome"] == "unreachable":
            error = JobLost if event["transient"] else CallRefused
            raise error(**said, reason=event["reason"])
        now = endpoint_now(runtime.aws, name) or {"EndpointStatus": "absent", "EndpointConfigName": ""}
        reason = ENDPOINT.reason_of(now)
        if ENDPOINT.state(now) is not State.SUCCEEDED:
            self._show_log(runtime, name)
            raise JobFailed(**said, reason=f"the endpoint is {now['EndpointStatus']}: {reason}")
        if now["EndpointConfigName"] != config:
            self._show_log(runtime, name)
            kept = now["EndpointConfigName"]
            raise RolledBack(**said, reason=f"asked for {config}, but {kept} is live: rolled back. {reason}")
        return self._verified(runtime, config, changed=True)

    def on_kill(self) -> None:
        """Leave an update alone that is under way: it ends live or rolled back, and cutting it would help nobody."""
        self.log.warning("If the endpoint is being updated, it goes on by itself; the next try finds it.")

    def _apply(self, runtime: Runtime, method: str, config: str, **params: Any) -> NoReturn:
        """Create or update the endpoint, and wait. When somebody else was faster, wait for our turn instead."""
        name = self.spec.serving.endpoint
        try:
            call(runtime.aws.client("sagemaker"), method, name, **params)
        except CallRefused:
            now = endpoint_now(runtime.aws, name)
            if now is None or ENDPOINT.state(now) is not State.RUNNING:
                raise
            self._wait(runtime, "step", config)
        self._wait(runtime, "finish", config)

    def _verified(self, runtime: Runtime, config: str, *, changed: bool) -> dict[str, Any]:
        version, name = version_of(self.version), self.spec.serving.endpoint
        request = self.examples["sample_request"]
        require_version(runtime.aws, self.spec.serving, version.number, request, self.scores)
        self.log.info("%s serves version %s%s.", name, version.number, "" if changed else ", as before")
        return {
            "endpoint": name,
            "endpoint_config": config,
            "model_version": version.number,
            "model_package": version.package,
            "partition": version.partition,
            "changed": changed,
            "sample_answer": self.scores["sample_answer"],
        }

    def _require_better(self, runtime: Runtime, partition: str) -> None:
        """Leave what is newer, and do not replace what the model was never compared with.

        Raises:
            CallRefused: when another version went live since the model was compared.
        """
        name = self.spec.serving.endpoint
        live = live_version(runtime.aws, name)
        verdict = may_replace(partition, live.partition if live else None)
        if not verdict.accepted:
            skip(runtime, verdict.reason)
        compared = still_compared(live.model_version, self.version.get("champion_version")) if live else verdict
        if not compared.accepted:
            raise CallRefused(
                service="sagemaker",
                call="UpdateEndpoint",
                about=name,
                reason=compared.reason,
                remedy="Clear find_champion with what follows it: the model is compared with what is live now.",
            )

    def _show_log(self, runtime: Runtime, name: str) -> None:
        for line in tail(runtime.aws, ENDPOINT, {"EndpointName": name}, 25):
            self.log.info("%s | %s", name, line)

    def _wait(self, runtime: Runtime, then: str, config: str) -> NoReturn:
        deadline, limit = self.deadline(runtime, _TIME_LIMIT)
        trigger = JobTrigger(
            kind=ENDPOINT.key,
            ref={"EndpointName": self.spec.serving.endpoint},
            region=runtime.aws.region,
            connection=runtime.aws.connection,
            poll_seconds=runtime.settings.poll_seconds,
            deadline=deadline,
            carry={"config": config, "limit": limit},
        )
        self.defer(trigger=trigger, method_name=then, timeout=2 * _TIME_LIMIT)

    def _look_again(self, runtime: Runtime) -> NoReturn:
        until = time.time() + runtime.settings.poll_seconds
        self.defer(trigger=PauseTrigger(until=until), method_name="step")
