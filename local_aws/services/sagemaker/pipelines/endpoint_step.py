"""The Endpoint step: one that is not there is created, another is updated, and live is what was asked for.

Source: ``EndpointStep`` of the SageMaker SDK: the step chooses between CreateEndpoint and UpdateEndpoint by whether the
endpoint exists.
"""

from typing import Any

from local_aws.errors import AwsError
from local_aws.services.sagemaker.pipelines.kinds import Calls
from local_aws.state import Record

_CHANGING = ("Creating", "Updating", "SystemUpdating", "RollingBack")


def put(calls: Calls, params: dict[str, Any]) -> str:
    """Bring an endpoint to a config, unless it is on its way there already; return its ARN.

    :param params: of CreateEndpoint.
    :raises AwsError: as the call does, e.g. for an endpoint that is being updated.
    """
    name, config = params["EndpointName"], params["EndpointConfigName"]
    try:
        found = calls("DescribeEndpoint", {"EndpointName": name})
    except AwsError:
        return str(calls("CreateEndpoint", params)["EndpointArn"])
    pending = found.get("PendingDeploymentSummary", {}).get("EndpointConfigName")
    if config not in (found["EndpointConfigName"], pending):
        calls("UpdateEndpoint", {"EndpointName": name, "EndpointConfigName": config})
    return str(found["EndpointArn"])


def state(endpoint: dict[str, Any], record: Record) -> tuple[str, str]:
    """The state of the step, and why it failed. An endpoint that was rolled back is in service, with its old config.

    :param endpoint: what DescribeEndpoint says.
    """
    status, config = endpoint["EndpointStatus"], endpoint["EndpointConfigName"]
    stopping = record["StepStatus"] == "Stopping"
    if status in _CHANGING:
        return ("Stopping" if stopping else "Executing"), ""
    if stopping:
        return "Stopped", ""
    if status == "InService" and config == record["EndpointConfigName"]:
        return "Succeeded", ""
    reason = endpoint.get("FailureReason", "")
    return "Failed", f"The endpoint is {status} with the config {config}. {reason}".strip()
