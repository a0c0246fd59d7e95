"""One cell of the matrix: a kind of job and a scenario, from the trigger to the verdict."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local_aws.testing import AdminError
from tests.crash_matrix.airflow import ENDED
from tests.crash_matrix.counting import Count, count, digest_of
from tests.crash_matrix.scenarios import GONE
from tests.crash_matrix.world import NeverHappened, register, until
from yard.airflow_api import RUN_ENDED

if TYPE_CHECKING:
    from local_aws.testing import Fault
    from tests.crash_matrix.scenarios import Scenario
    from tests.crash_matrix.world import World

STOP_SECONDS = 60.0
#: The calls that create a job; the replies to these get lost.
CREATES = {
    "statement": ("redshift-data", "ExecuteStatement"),
    "transaction": ("redshift-data", "BatchExecuteStatement"),
    "cluster": ("emr", "RunJobFlow"),
    "step": ("emr", "AddJobFlowSteps"),
    "processing": ("sagemaker", "CreateProcessingJob"),
    "training": ("sagemaker", "CreateTrainingJob"),
    "tuning": ("sagemaker", "CreateHyperParameterTuningJob"),
    "transform": ("sagemaker", "CreateTransformJob"),
    "endpoint": ("sagemaker", "*teEndpoint"),
    "job_run": ("emr-serverless", "StartJobRun"),
    "pipeline": ("sagemaker", "StartPipelineExecution"),
    "state_machine": ("stepfunctions", "StartExecution"),
}


#: What a local_aws that is killed cannot take up again. The service says that it failed, so a second one must be made.
LOST_BY_LOCAL_AWS = ("statement", "transaction", "tuning", "state_machine")


@dataclass
class Case:
    """What became of one kind of job in one scenario."""

    kind: str
    scenario: Scenario
    number: int
    count: Count = field(default_factory=lambda: Count(()))
    state: str = ""
    seconds: float | None = None
    trouble: str = ""
    _fault: Fault | None = None
    _deployed: int = 0
    _deployed_before: int = 0

    @property
    def dag(self) -> str:
        """The id of its DAG."""
        return f"crash_{self.kind}{'_timed' if self.scenario.timed else ''}"

    @property
    def run(self) -> str:
        """The id of its run."""
        return f"{self.number}_{self.scenario.name.replace(' ', '_')}"

    @property
    def verdict(self) -> str:
        """Empty when everything is as it must be, else what is wrong."""
        wanted = self.scenario
        wrong = [self.trouble] if self.trouble else []
        # An update of an endpoint is asked for by its config: a Clear finds the same one, and pays for nothing.
        allowed = {wanted.created, 1} if self.kind == "endpoint" else {wanted.created}
        if wanted.loses_jobs and self.kind in LOST_BY_LOCAL_AWS:
            allowed = {2}
        if self.count.created not in allowed:
            wrong.append(f"{self.count.created} jobs")
        if self.count.running:
            wrong.append(f"{self.count.running} left running")
        if self.state != wanted.state:
            wrong.append(f"{self.state or 'no state'} instead of {wanted.state}")
        if wanted.stops and (self.seconds is None or self.seconds > STOP_SECONDS):
            wrong.append("not stopped in time")
        return ", ".join(wrong)

    def bring(self, world: World) -> None:
        """Trigger the run, and wait until the task is at the scenario's point."""
        self._begin(world)
        self._arrive(world)

    def _begin(self, world: World) -> None:
        form: dict[str, Any] = {"seconds": self.scenario.seconds}
        if self.kind == "endpoint":
            self._deployed_before = self._deployments(world)
            form["version"] = register(world, self.number, min(self.scenario.seconds, 30))
        if self.scenario.point == "held":
            path = world.held / self.run / self.kind
            path.parent.mkdir(exist_ok=True)
            path.touch()
            form["hold"] = str(path)
        if self.scenario.point == "called":
            service, operation = CREATES[self.kind]
            self._fault = world.admin.add_fault("delay", service=service, operation=operation, seconds=45, when="after")
        if self.kind == "cluster" and self.scenario.point == "waiting":
            starting = {"Cluster.Status.State": "STARTING"}
            self._fault = world.admin.add_fault("reply", service="emr", operation="DescribeCluster", set=starting)
        world.airflow.form(self.dag)
        world.airflow.trigger(self.dag, self.run, form)

    def _arrive(self, world: World) -> None:
        point = self.scenario.point
        reached = {
            "held": lambda: (world.held / self.run / f"{self.kind}.reached").exists(),
            "called": lambda: self.look(world).created > 0,
            "waiting": lambda: self._waits(world),
        }
        until(f"{self.dag} is {point}", reached[point])

    def require_running(self, world: World) -> None:
        """Make sure that there still is a job that something can happen to.

        :raises NeverHappened: when it has ended by itself.
        """
        if self.scenario.timed:
            return  # its time runs while the others come so far
        if self.scenario.point == "waiting" and not self.look(world).running:
            raise NeverHappened(f"{self.dag}: the job ended before anything was done to it")

    def suffer(self, world: World) -> None:
        """Do to the task what is done to each by itself, and see what becomes of it."""
        since = time.monotonic()
        if self.scenario.act:
            self.scenario.act(world, self)
        self._release(world)
        self._settle(world, since)

    def delete_run(self, world: World) -> None:
        """Delete the run as Airflow wants it: ended before, which is what must stop the job."""
        world.airflow.end_run(self.dag, self.run, "deleted by the crash matrix")
        until(f"the job of {self.dag} stops", lambda: self.look(world).running == 0)
        self._mend(world)  # a teardown looks at its cluster by the same call
        world.airflow.delete(self.dag, self.run)

    def _release(self, world: World) -> None:
        """Let go of what stopped the task."""
        if self.scenario.point == "held":
            (world.held / self.run / self.kind).unlink()
        if not self.scenario.stops:
            self._mend(world)

    def _settle(self, world: World, since: float) -> None:
        """Wait for the end of the task and of its jobs, and keep what was seen."""
        try:
            until(f"{self.dag} ends", lambda: self._over(world), 240)
        except NeverHappened as never:
            self.trouble = str(never)
        self.seconds = time.monotonic() - since if self.scenario.stops else None
        self.count = self.look(world)
        self.state = world.airflow.work(self.dag, self.run).get("state", GONE)
        self._mend(world)

    def look(self, world: World) -> Count:
        """Count the jobs."""
        if self.kind != "endpoint":
            return count(world.aws, self.kind, digest_of(self.dag, self.run))
        # A local_aws that was restarted has forgotten what it counted.
        self._deployed = max(self._deployed, self._deployments(world) - self._deployed_before)
        return Count((("crash", self._endpoint(world)),) * self._deployed)

    def _waits(self, world: World) -> bool:
        """Whether the task is deferred, a triggerer has taken its trigger up, and its job runs."""
        task = world.airflow.work(self.dag, self.run)
        if task.get("state") in ENDED:
            raise NeverHappened(f"{self.dag} ended before anything was done to it")
        return task.get("state") == "deferred" and bool(task["triggerer_job"]) and self.look(world).running > 0

    def _over(self, world: World) -> bool:
        if self.scenario.stops and self.look(world).running == 0:
            self._mend(world)  # the end of its cluster is looked at by the same call
        if self.scenario.state != GONE:
            run = world.airflow.run(self.dag, self.run)
            if run["state"] not in RUN_ENDED:
                return False
        return self.look(world).running == 0

    def _mend(self, world: World) -> None:
        if self._fault:
            with suppress(AdminError):  # a local_aws that was restarted has forgotten it
                world.admin.remove_fault(self._fault)
            self._fault = None

    def _deployments(self, world: World) -> int:
        calls = world.admin.calls()
        return sum(calls.get(f"sagemaker:{name}Endpoint", 0) for name in ("Create", "Update"))

    def _endpoint(self, world: World) -> str:
        sagemaker = world.aws.client("sagemaker")
        found = sagemaker.list_endpoints(NameContains="crash")["Endpoints"]
        return str(found[0]["EndpointStatus"]) if found else ""
