"""One endpoint at run time: bringing fleets into service, replacing them without losing a request, ending them."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from local_aws.containers.environments import Environments
from local_aws.services.sagemaker.capture import Capture
from local_aws.services.sagemaker.deployed import plans, summaries
from local_aws.services.sagemaker.fleets import DeploymentFailed, Fleet, Instance, in_parallel, scale_out
from local_aws.services.sagemaker.records import now
from local_aws.services.sagemaker.rollout import Canceled, Rollout
from local_aws.services.sagemaker.routing import Router
from local_aws.state import Record
from local_aws.world import World

log = logging.getLogger(__name__)

TABLE = "sagemaker.endpoints"
#: A request that was sent may take this long (SageMaker's limit of 60 s for a model, and some more).
_DRAIN_SECONDS = 65.0
#: What SageMaker says when it finds no machines for an endpoint.
_NO_CAPACITY = "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error."


class Endpoint:
    """The traffic, the live fleet and at most one piece of work of an endpoint.

    Work runs in a thread and writes its outcome into the endpoint's record; a record that still says Creating,
    Updating, RollingBack or Deleting when local_aws starts is one whose work was interrupted.
    """

    def __init__(self, world: World, environments: Environments, name: str) -> None:
        self.name = name
        self.router = Router()
        self.capture: Capture | None = None
        self.was_in_service = False
        self.deleted = False
        self._world = world
        self._environments = environments
        self._table = world.state.table(TABLE)
        self._cancelled = threading.Event()
        self._live: Fleet | None = None
        self._thread: threading.Thread | None = None

    def bring_up(self) -> None:
        """Start what the record says is deployed: InService, or Failed with the reason."""
        self._work(self._bring_up)

    def update(self, deployed: Record, deployment_config: dict[str, Any]) -> None:
        """Replace the live fleet by one made from ``deployed``; roll back when that fails."""
        self._work(lambda: self._update(deployed, deployment_config))

    def scale(self, variants: dict[str, dict[str, Any]]) -> None:
        """Give variants other weights and instance counts (``{name: {"Weight", "InstanceCount"}}``)."""
        self._work(lambda: self._scale(variants))

    def delete(self) -> None:
        """End the fleet once it has answered what it was asked, and forget the endpoint."""
        self._work(self._delete)

    def stop(self) -> None:
        """End all processes and leave the record as it is: local_aws itself ends."""
        self._cancelled.set()
        if self._thread is not None:
            self._thread.join()
        self.router.send()
        if self._live is not None:
            self._live.stop()
        if self.capture is not None:
            self.capture.flush()

    def change(self, **fields: Any) -> None:
        """Set fields of the record; None removes one."""
        with self._table.lock:
            record = self._table.get(self.name)
            if record is not None:
                record |= {**fields, "LastModifiedTime": now()}
                self._table.put(self.name, {key: value for key, value in record.items() if value is not None})

    def _work(self, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except Canceled:
                return
            except Exception as error:
                log.exception("endpoint %s", self.name)
                self.change(EndpointStatus="Failed", FailureReason=f"InternalServerError: {error!r}"[:1024])

        self._thread = threading.Thread(target=run, name=f"endpoint-{self.name}", daemon=True)
        self._thread.start()

    def _fleet(self, deployed: Record) -> Fleet:
        return Fleet(self._world, self._environments, self.name, plans(deployed))

    def _record(self) -> Record:
        record = self._table.get(self.name)
        if record is None:
            raise Canceled
        return record

    def _bring_up(self) -> None:
        deployed = self._record()["Deployed"]
        fleet = self._fleet(deployed)
        try:
            fleet.start(self._cancelled)
        except DeploymentFailed as failed:
            self._unless_cancelled()
            self.change(EndpointStatus="Failed", FailureReason=str(failed))
            return
        self._go_live(fleet, deployed)
        self.router.send((fleet, 1.0))
        self.change(EndpointStatus="InService")

    def _update(self, deployed: Record, deployment_config: dict[str, Any]) -> None:
        faults = self._world.faults.jobs
        if faults.rolls_back_silently(self.name):
            self.change(EndpointStatus="InService", PendingDeploymentSummary=None, FailureReason=None)
            return
        blue, green = self._live, self._fleet(deployed)
        assert blue is not None, "an endpoint in service has a fleet"  # noqa: S101 - checked by UpdateEndpoint
        rollout = Rollout(deployment_config, self._world.region, self._cancelled)
        try:
            rollout.check_alarms()
            if faults.lacks_capacity("endpoint", self.name):
                raise DeploymentFailed(_NO_CAPACITY)
            green.start(self._cancelled, rollout.seconds_left())
            for share in rollout.shares(green.capacity):
                self._show_pending(deployed, "ActivatingTraffic")
                self.router.send((blue, 1.0 - share), (green, share))
                self._show_pending(deployed, "Baking")
                rollout.bake()
            rollout.bake_before_termination()
        except Canceled:
            green.stop()
            raise
        except Exception as failed:
            if self._cancelled.is_set():
                green.stop()
                raise Canceled from failed
            if not isinstance(failed, DeploymentFailed):
                log.exception("update of endpoint %s", self.name)
            self._roll_back(blue, green, str(failed))
            return
        self._go_live(green, deployed)
        self._retire(blue)
        self.change(
            EndpointStatus="InService",
            EndpointConfigName=deployed["Config"]["EndpointConfigName"],
            Deployed=deployed,
            PendingDeploymentSummary=None,
            FailureReason=None,
        )

    def _roll_back(self, blue: Fleet, green: Fleet, reason: str) -> None:
        """Back to the old fleet. As on AWS the endpoint is InService again then; only FailureReason tells."""
        self.change(EndpointStatus="RollingBack", FailureReason=reason[:1024])
        self.router.send((blue, 1.0))
        self._retire(green)
        self.change(EndpointStatus="InService", PendingDeploymentSummary=None)

    def _scale(self, variants: dict[str, dict[str, Any]]) -> None:
        fleet, deployed = self._live, self._record()["Deployed"]
        assert fleet is not None, "an endpoint in service has a fleet"  # noqa: S101 - checked by the handler
        try:
            for name, wanted in variants.items():
                variant = fleet.variants[name]
                scale_out(variant, wanted["InstanceCount"], self._cancelled)
                surplus = variant.surplus(wanted["InstanceCount"])
                self.router.retire(variant, surplus, _DRAIN_SECONDS)
                in_parallel(Instance.stop, surplus)
                variant.weight = wanted["Weight"]
                deployed["Variants"][name] = wanted
        except DeploymentFailed as failed:
            self._unless_cancelled()
            self.change(EndpointStatus="InService", Deployed=deployed, FailureReason=str(failed))
            return
        self.change(EndpointStatus="InService", Deployed=deployed, FailureReason=None)

    def _delete(self) -> None:
        self.router.send()
        if self._live is not None:
            self._retire(self._live)
            self._live = None
        if self.capture is not None:
            self.capture.flush()
        self.deleted = True
        self._table.delete(self.name)

    def _go_live(self, fleet: Fleet, deployed: Record) -> None:
        former, self._live, self.was_in_service = self.capture, fleet, True
        config = deployed["Config"].get("DataCaptureConfig", {})
        self.capture = Capture(self._world, self.name, config) if config.get("EnableCapture") else None
        if former is not None:
            former.flush()

    def _retire(self, fleet: Fleet) -> None:
        self.router.drain(fleet, _DRAIN_SECONDS)
        fleet.stop()

    def _show_pending(self, deployed: Record, status: str) -> None:
        pending = self._record()["PendingDeploymentSummary"]
        pending["ProductionVariants"] = summaries(deployed, running=True, status=status)
        self.change(PendingDeploymentSummary=pending)

    def _unless_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise Canceled
