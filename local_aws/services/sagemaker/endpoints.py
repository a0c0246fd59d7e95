"""The API of endpoints: what may be asked of one in which state. The work itself is done by its deployments."""

import threading
from typing import Any

from local_aws.containers.environments import Environments
from local_aws.errors import AwsError
from local_aws.service import Call
from local_aws.services.sagemaker.deployed import capacity, capture_summary, retain, snapshot, summaries
from local_aws.services.sagemaker.deployments import TABLE, Endpoint
from local_aws.services.sagemaker.hosting_lists import listed
from local_aws.services.sagemaker.names import arn
from local_aws.services.sagemaker.records import now
from local_aws.services.sagemaker.rollout import check_deployment_config
from local_aws.services.sagemaker.tags import Tags
from local_aws.state import Record
from local_aws.world import World

_INTERRUPTED = (
    "The update to endpoint config {config} was under way when local_aws ended; the endpoint was started again with "
    "its former config."
)


class Endpoints:
    """All endpoints: their records, and while local_aws runs what stands behind each."""

    def __init__(self, world: World, environments: Environments) -> None:
        self._world = world
        self._environments = environments
        self._table = world.state.table(TABLE)
        self._tags = Tags(world)
        self._running: dict[str, Endpoint] = {}
        self._lock = threading.Lock()

    def create_endpoint(self, call: Call) -> dict[str, Any]:
        """Start an endpoint: Creating, then InService or Failed."""
        params = call.params
        name = params["EndpointName"]
        endpoint_arn = arn(self._world, "endpoint", name)
        deployed = snapshot(self._world, params["EndpointConfigName"])
        check_deployment_config(params.get("DeploymentConfig", {}), capacity(deployed))
        record: Record = {
            "EndpointName": name,
            "EndpointArn": endpoint_arn,
            "EndpointConfigName": params["EndpointConfigName"],
            "EndpointStatus": "Creating",
            "CreationTime": now(),
            "LastModifiedTime": now(),
            "Deployed": deployed,
        }
        if "DeploymentConfig" in params:
            record["LastDeploymentConfig"] = params["DeploymentConfig"]
        with self._table.lock:
            if name in self._table:
                raise AwsError("ValidationException", f'Cannot create already existing endpoint "{endpoint_arn}".')
            self._table.put(name, record)
        self._tags.put(endpoint_arn, params.get("Tags"))
        self.running(name).bring_up()
        return {"EndpointArn": endpoint_arn}

    def describe_endpoint(self, call: Call) -> dict[str, Any]:
        """The endpoint; EndpointConfigName is the one that is live, PendingDeploymentSummary the one on its way."""
        record = self.find(call.params["EndpointName"])
        status = record["EndpointStatus"]
        record["ProductionVariants"] = summaries(
            record["Deployed"],
            running=status not in ("Creating", "Failed"),
            status=status if status in ("Creating", "Deleting") else None,
        )
        record["DataCaptureConfig"] = capture_summary(record["Deployed"])
        return record

    def list_endpoints(self, call: Call) -> dict[str, Any]:
        """A page of endpoints, newest first."""
        return listed("Endpoints", self._table.values(), call.params, name="EndpointName", status="EndpointStatus")

    def update_endpoint(self, call: Call) -> dict[str, Any]:
        """Replace the fleet, blue/green: Updating, then InService with the new config or, rolled back, the old one."""
        params = call.params
        name = params["EndpointName"]
        with self._table.lock:
            record = self._idle(name)
            deployed = snapshot(self._world, params["EndpointConfigName"])
            if params.get("RetainAllVariantProperties"):
                excluded = params.get("ExcludeRetainedVariantProperties", [])
                retain(deployed, record["Deployed"], [each["VariantPropertyType"] for each in excluded])
            config = params.get("DeploymentConfig", {})
            if params.get("RetainDeploymentConfig"):
                config = record.get("LastDeploymentConfig", {})
            check_deployment_config(config, capacity(deployed))
            pending = {
                "EndpointConfigName": params["EndpointConfigName"],
                "ProductionVariants": summaries(deployed, running=False, status="Creating"),
                "StartTime": now(),
            }
            self.running(name).change(
                EndpointStatus="Updating",
                FailureReason=None,
                PendingDeploymentSummary=pending,
                LastDeploymentConfig=config or None,
            )
        self.running(name).update(deployed, config)
        return {"EndpointArn": record["EndpointArn"]}

    def update_endpoint_weights_and_capacities(self, call: Call) -> dict[str, Any]:
        """Change shares of traffic and instance counts of the live variants."""
        name = call.params["EndpointName"]
        with self._table.lock:
            record = self._idle(name)
            wanted: dict[str, dict[str, Any]] = {}
            for each in call.params["DesiredWeightsAndCapacities"]:
                variant = each["VariantName"]
                if "ServerlessUpdateConfig" in each:
                    raise AwsError("NotImplemented", "local_aws does not serve ServerlessUpdateConfig", 501)
                if variant not in record["Deployed"]["Variants"]:
                    message = f'The variant name(s) "{variant}" is/are not present within endpoint configuration'
                    raise AwsError("ValidationException", f'{message} "{record["EndpointConfigName"]}".')
                current = record["Deployed"]["Variants"][variant]
                wanted[variant] = {
                    "Weight": each.get("DesiredWeight", current["Weight"]),
                    "InstanceCount": each.get("DesiredInstanceCount", current["InstanceCount"]),
                }
            self.running(name).change(EndpointStatus="Updating")
        self.running(name).scale(wanted)
        return {"EndpointArn": record["EndpointArn"]}

    def delete_endpoint(self, call: Call) -> None:
        """End an endpoint. As on AWS not while something else is being done with it."""
        name = call.params["EndpointName"]
        with self._table.lock:
            record = self._idle(name, also=("Failed",))
            self.running(name).change(EndpointStatus="Deleting")
        self._tags.forget(record["EndpointArn"])
        self.running(name).delete()

    def find(self, name: str) -> Record:
        """The record of an endpoint.

        :raises AwsError: ``ValidationException`` when there is none.
        """
        record = self._table.get(name)
        if record is None:
            raise AwsError("ValidationException", f'Could not find endpoint "{arn(self._world, "endpoint", name)}".')
        return record

    def running(self, name: str) -> Endpoint:
        """What stands behind an endpoint of that name."""
        with self._lock:
            known = self._running.get(name)
            if known is None or known.deleted:
                known = self._running[name] = Endpoint(self._world, self._environments, name)
            return known

    def serving(self, name: str) -> Endpoint | None:
        """What stands behind an endpoint that is, or once was, in service; None for any other name."""
        with self._lock:
            endpoint = self._running.get(name)
        if endpoint is None or endpoint.deleted or not endpoint.was_in_service:
            return None
        return endpoint

    def all_running(self) -> list[Endpoint]:
        """Everything that stands behind endpoints now."""
        with self._lock:
            return list(self._running.values())

    def start(self) -> None:
        """Start the endpoints of an earlier run again; what was under way then is undone."""
        for name, record in self._table.items():
            status = record["EndpointStatus"]
            if status == "Deleting":
                self._table.delete(name)
            elif status != "Failed":
                endpoint = self.running(name)
                if "PendingDeploymentSummary" in record:
                    config = record["PendingDeploymentSummary"]["EndpointConfigName"]
                    endpoint.change(PendingDeploymentSummary=None, FailureReason=_INTERRUPTED.format(config=config))
                if status != "Creating":
                    endpoint.was_in_service = True
                    endpoint.change(EndpointStatus="SystemUpdating")
                endpoint.bring_up()

    def stop(self) -> None:
        """End every process; the records stay for the next start."""
        self._environments.stop()
        for endpoint in self.all_running():
            endpoint.stop()

    def _idle(self, name: str, also: tuple[str, ...] = ()) -> Record:
        """The record of an endpoint with which nothing is being done.

        :raises AwsError: ``ValidationException``; also for a failed one, which can only be deleted.
        """
        record = self.find(name)
        status = record["EndpointStatus"]
        if status not in ("InService", *also):
            state = "failed" if status == "Failed" else "in-progress"
            raise AwsError("ValidationException", f'Cannot update {state} endpoint "{record["EndpointArn"]}".')
        return record
