"""What runs behind an endpoint: instances of variants, all of one configuration together a fleet."""

import threading
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from local_aws.containers.environments import Environments
from local_aws.containers.serving import ContainerDefinition, ContainerFailed, ServingContainer
from local_aws.world import World

LOG_GROUP = "/aws/sagemaker/Endpoints"
#: Containers that really run for a variant, whatever its instance count says: a laptop is one machine, and more
#: servers than cores only slow one another down. The count is kept and reported as on AWS.
MOST_CONTAINERS = 2
#: AWS's budget for a container's first healthy ping, in seconds.
_STARTUP_SECONDS = 240
_LONGEST_PAUSE = 30.0


class DeploymentFailed(Exception):
    """A fleet could not be brought into service; the message is what FailureReason says."""


@dataclass(frozen=True)
class VariantPlan:
    """One variant as it is to run. ``weight`` is its share of the traffic relative to the other variants."""

    name: str
    model_name: str
    definition: ContainerDefinition
    instance_count: int
    weight: float
    startup_seconds: int = _STARTUP_SECONDS


class Instance:
    """One machine of a variant: its container is watched and, when it dies, started again, as SageMaker does."""

    def __init__(self, world: World, environments: Environments, endpoint: str, plan: VariantPlan) -> None:
        self._world = world
        self._environments = environments
        self._plan = plan
        self.id = f"i-{uuid.uuid4().hex[:17]}"
        self.log_group = f"{LOG_GROUP}/{endpoint}"
        self.log_stream = f"{plan.name}/{self.id}"
        self.container: ServingContainer | None = None
        #: Requests under way; guarded by the endpoint's router.
        self.outstanding = 0
        self._stopping = threading.Event()
        self._log = world.logs.stream(self.log_group, self.log_stream)

    def start(self, seconds: float, cancelled: threading.Event) -> None:
        """Bring the container into service, within ``seconds``.

        :raises DeploymentFailed: in SageMaker's words, with the last lines of the container's log.
        """
        try:
            self.container = self._new_container(seconds, cancelled)
        except ContainerFailed as failed:
            raise DeploymentFailed(self._failure(failed)) from failed
        threading.Thread(target=self._watch, name=f"watch-{self.id}", daemon=True).start()

    def stop(self) -> None:
        """End the container; nothing is started again."""
        self._stopping.set()
        container = self.container
        if container is not None:
            container.stop()
        self._log.close()

    def _new_container(self, seconds: float, cancelled: threading.Event) -> ServingContainer:
        container = ServingContainer(self._world, self._environments, self._plan.definition, self._log)
        container.start(seconds, cancelled)
        return container

    def _watch(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            if self.container is not None:
                code = self.container.wait()
                dead, self.container = self.container, None
                dead.stop()
                self._log.write(f"local_aws: the container exited with code {code}; it is started again")
            if self._stopping.wait(min(2.0**failures - 1.0, _LONGEST_PAUSE)):
                return
            try:
                self.container = self._new_container(self._plan.startup_seconds, self._stopping)
                failures = 0
            except ContainerFailed as failed:
                failures += 1
                self._log.write(f"local_aws: starting the container again failed: {failed.reason}")
        if self.container is not None:
            self.container.stop()

    def _failure(self, failed: ContainerFailed) -> str:
        where = f"log group {self.log_group}, stream {self.log_stream}"
        if failed.reason.startswith("did not pass"):
            reason = (
                f"The primary container for production variant {self._plan.name} did not pass the ping health check. "
                f"Please check CloudWatch logs for this endpoint. ({failed.reason}; {where})"
            )
        else:
            reason = f"{failed.reason} ({where})"
        tail = "\n".join(failed.lines)
        room = 1024 - len(reason) - len(" Last lines: ")
        return f"{reason} Last lines: {tail[-room:]}" if room > 20 and tail else reason[:1024]


class Variant:
    """The instances of one variant; ``weight`` may change while it serves."""

    def __init__(self, world: World, environments: Environments, endpoint: str, plan: VariantPlan) -> None:
        self.plan = plan
        self.weight = plan.weight
        self.credit = 0.0
        self.instances: list[Instance] = []
        self._made_of = (world, environments, endpoint, plan)

    def added(self, instance_count: int) -> list[Instance]:
        """The instances still to be started for that count."""
        missing = min(instance_count, MOST_CONTAINERS) - len(self.instances)
        return [Instance(*self._made_of) for _ in range(missing)]

    def surplus(self, instance_count: int) -> list[Instance]:
        """The instances to be stopped for that count."""
        return self.instances[min(instance_count, MOST_CONTAINERS) :]

    def least_busy(self) -> tuple[Instance, ServingContainer] | None:
        """The instance in service with the fewest requests under way; None while all are being started again."""
        ready = [(each, each.container) for each in self.instances if each.container is not None]
        return min(ready, key=lambda pair: pair[0].outstanding, default=None)


class Fleet:
    """Every variant of one endpoint configuration, started and stopped as one."""

    def __init__(self, world: World, environments: Environments, endpoint: str, plans: Iterable[VariantPlan]) -> None:
        self.variants = {plan.name: Variant(world, environments, endpoint, plan) for plan in plans}
        self.credit = 0.0
        #: Requests under way; guarded by the endpoint's router.
        self.leases = 0

    def start(self, cancelled: threading.Event, most_seconds: float = float("inf")) -> None:
        """Bring all instances into service; when one fails, all are stopped.

        :param most_seconds: a bound below each variant's own start-up budget.
        :raises DeploymentFailed: the first failure.
        """
        try:
            for variant in self.variants.values():
                scale_out(variant, variant.plan.instance_count, cancelled, most_seconds)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End all instances, side by side."""
        instances = [instance for variant in self.variants.values() for instance in variant.instances]
        in_parallel(Instance.stop, instances)
        for variant in self.variants.values():
            variant.instances = []

    @property
    def capacity(self) -> int:
        """How many instances the configuration asks for, over all variants."""
        return sum(variant.plan.instance_count for variant in self.variants.values())


def scale_out(
    variant: Variant, instance_count: int, cancelled: threading.Event, most_seconds: float = float("inf")
) -> None:
    """Add instances up to a count; they get requests once all are healthy.

    :raises DeploymentFailed: when one does not get healthy; the added ones are stopped then.
    """
    added = variant.added(instance_count)
    seconds = min(variant.plan.startup_seconds, most_seconds)
    try:
        in_parallel(lambda instance: instance.start(seconds, cancelled), added)
    except BaseException:
        in_parallel(Instance.stop, added)
        raise
    variant.instances = [*variant.instances, *added]


T = TypeVar("T")


def in_parallel(work: Callable[[T], object], items: list[T]) -> None:
    """Do ``work`` for all items at once; the first exception, after all have ended."""
    if not items:
        return
    with ThreadPoolExecutor(max_workers=len(items)) as pool:
        for future in [pool.submit(work, item) for item in items]:
            future.result()
