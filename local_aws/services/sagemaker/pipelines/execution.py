"""One execution while it runs: which step begins when, and how it all ends."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from local_aws.errors import AwsError
from local_aws.services.sagemaker.pipelines.definition import Definition, Step, parse
from local_aws.services.sagemaker.pipelines.kinds import Calls
from local_aws.services.sagemaker.pipelines.step import StepRunner
from local_aws.services.sagemaker.pipelines.store import ENDED, STEP_ACTIVE, Store
from local_aws.services.sagemaker.pipelines.values import Scope, Unresolved
from local_aws.services.sagemaker.records import now
from local_aws.state import Record
from local_aws.world import World

#: The jobs of steps are looked at that often.
_LOOK_SECONDS = 0.2
_STEP_FAILURE = "Step failure: One or multiple steps failed."


class Execution:
    """Runs in a thread of its own until the execution has ended, or :meth:`abandon` is called."""

    def __init__(self, world: World, store: Store, calls: Calls, arn: str, ended: Callable[[str], None]) -> None:
        self.arn = arn
        self._world, self._store, self._ended = world, store, ended
        record = store.execution(arn)
        self._definition: Definition = parse(record["PipelineDefinition"])
        self._record = record
        self._runner = StepRunner(store, calls, record, self._scope(record))
        self._wake = threading.Event()
        self._abandoned = False
        self._thread = threading.Thread(target=self._run, name=arn, daemon=True)

    def start(self) -> None:
        """Begin, or go on after a restart of local_aws."""
        self._thread.start()

    def wake(self) -> None:
        """Look at once: the execution was told to stop."""
        self._wake.set()

    def abandon(self) -> None:
        """Let go because local_aws ends; the next start goes on from the records."""
        self._abandoned = True
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._abandoned and not self._look():
                self._wake.wait(_LOOK_SECONDS)
                self._wake.clear()
        except Exception as error:
            logging.exception("pipeline execution %s", self.arn)
            self._end("Failed", f"InternalServerError: local_aws failed: {error!r}")
        if not self._abandoned:
            self._ended(self.arn)

    def _look(self) -> bool:
        """Take every step that can be taken now; whether the execution has ended."""
        for record in self._active():
            self._follow(record)
        status = self._store.execution(self.arn)["PipelineExecutionStatus"]
        if status == "Stopping":
            for record in self._active():
                if record["StepStatus"] == "Executing":
                    self._runner.stop(record)
        states = [record["StepStatus"] for record in self._store.steps(self.arn).values()]
        going_on = status == "Executing" and not {"Failed", "Stopped"} & set(states)
        if going_on and self._begin_ready():
            self._wake.set()
            return False
        if self._active():
            return False
        return self._settle(status, states)

    def _settle(self, status: str, states: list[str]) -> bool:
        if "Failed" in states:
            self._end("Failed", _STEP_FAILURE)
        elif status == "Stopping" or "Stopped" in states:
            self._end("Stopped")
        else:
            self._end("Succeeded")
        return True

    def _active(self) -> list[Record]:
        return [record for record in self._store.steps(self.arn).values() if record["StepStatus"] in STEP_ACTIVE]

    def _follow(self, record: Record) -> None:
        if record["StepStatus"] == "Starting":
            self._runner.go_on(self._definition.steps[record["StepName"]], record)
        else:
            self._runner.follow(record)

    def _begin_ready(self) -> bool:
        """Begin the steps whose turn has come, as many as may run at once; whether there were any."""
        steps = self._store.steps(self.arn)
        room = self._record.get("ParallelismConfiguration", {}).get(
            "MaxParallelExecutionSteps", len(self._definition.steps)
        )
        ready = [step for step in self._definition.steps.values() if step.name not in steps and _is_ready(step, steps)]
        begun = ready[: max(0, room - len(self._active()))]
        for step in begun:
            self._runner.begin(step)
        return bool(begun)

    def _end(self, status: str, reason: str = "") -> None:
        with self._store.lock:
            if self._store.execution(self.arn)["PipelineExecutionStatus"] not in ENDED:
                told = {"FailureReason": reason[:1300]} if reason else {}
                self._store.change_execution(self.arn, PipelineExecutionStatus=status, **told)

    def _scope(self, record: Record) -> Scope:
        created = record["CreationTime"].isoformat()
        known = {
            "PipelineName": record["PipelineName"],
            "PipelineArn": record["PipelineArn"],
            "PipelineExecutionId": self.arn.rpartition("/")[2],
            "PipelineExecutionArn": self.arn,
            "StartDateTime": created,
            "CurrentDateTime": now().isoformat(),
        }
        return Scope(record["Parameters"], known, self._properties, self._property_file, self._read)

    def _properties(self, name: str) -> Any:
        return self._runner.properties(self._store.steps(self.arn)[name])

    def _property_file(self, step: str, name: str) -> str:
        declared = self._definition.steps[step].property_files[name]
        outputs = self._properties(step).get("ProcessingOutputConfig", {}).get("Outputs", [])
        found = [item["S3Output"]["S3Uri"] for item in outputs if item["OutputName"] == declared["OutputName"]]
        if not found:
            raise Unresolved(f"Step '{step}' has no output {declared['OutputName']}.")
        return self._read(f"{found[0].rstrip('/')}/{declared['FilePath']}")

    def _read(self, uri: str) -> str:
        try:
            return self._world.objects.read(uri).decode()
        except (AwsError, ValueError) as error:
            raise Unresolved(f"{uri} cannot be read: {error}") from error


def _is_ready(step: Step, steps: dict[str, Record]) -> bool:
    if any(name not in steps or steps[name]["StepStatus"] != "Succeeded" for name in step.waits_for):
        return False
    if step.branch is None:
        return True
    condition, outcome = step.branch
    return bool(steps[condition]["Metadata"]["Condition"]["Outcome"] == str(outcome))
