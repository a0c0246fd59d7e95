"""InvokeEndpoint: one request to one variant of an endpoint, answered by its model."""

import threading
import time
from typing import Any, ClassVar

from local_aws.containers.model_connection import ContainerGone, ModelResponse, ModelTimeout, NotAsked
from local_aws.errors import AwsError
from local_aws.service import Call, Service
from local_aws.services.sagemaker.deployments import Endpoint
from local_aws.services.sagemaker.hosting import hosting_of
from local_aws.services.sagemaker.routing import NoInstance, NoSuchVariant
from local_aws.services.sagemaker_runtime.errors import ModelError, answered_badly, gone, timed_out
from local_aws.services.sagemaker_runtime.metrics import InvocationMetrics
from local_aws.world import World

#: SageMaker's limits: of the request's body in bytes, and of the model's time in seconds.
LARGEST_BODY = 6 * 2**20
MODEL_SECONDS = 60.0
_FLUSH_SECONDS = 2.0
_UNSERVED = (
    "TargetModel",
    "TargetContainerHostname",
    "EnableExplanations",
    "InferenceComponentName",
    "SessionId",
    "PrefixAwareId",
)


class SageMakerRuntime(Service):
    """The data plane of endpoints. The fleets behind them are SageMaker's to start and to end."""

    name: ClassVar[str] = "sagemaker-runtime"

    def __init__(self, world: World) -> None:
        self._world = world
        self._endpoints = hosting_of(world).endpoints
        self._metrics = InvocationMetrics(world.region)
        self._ended = threading.Event()
        self._flusher = threading.Thread(target=self._flush_regularly, name="invocation-metrics", daemon=True)

    def start(self) -> None:
        """Begin to write out what is counted and captured."""
        self._flusher.start()

    def stop(self) -> None:
        """Write out the rest."""
        self._ended.set()
        self._flusher.join()
        self._flush()

    def invoke_endpoint(self, call: Call) -> dict[str, Any]:
        """Ask the model. Its refusals and failures come back as ``ModelError``, with its own status and words."""
        params = call.params
        endpoint = self._endpoint(params)
        try:
            variant, answer = self._ask(endpoint, params)
        except NoSuchVariant:
            message = f"Variant {params['TargetVariant']} of endpoint {endpoint.name} not found."
            raise AwsError("ValidationError", message) from None
        except (NoInstance, NotAsked):
            message = f"Endpoint {endpoint.name} has no instance in service at this moment."
            raise AwsError("ServiceUnavailable", message, 503) from None
        if isinstance(answer, ModelError):
            raise answer
        self._capture(endpoint, variant, params, answer)
        return {
            "Body": answer.body,
            "ContentType": answer.headers.get("content-type", "application/octet-stream"),
            "InvokedProductionVariant": variant,
            "CustomAttributes": answer.headers.get("x-amzn-sagemaker-custom-attributes"),
        }

    def _ask(self, endpoint: Endpoint, params: dict[str, Any]) -> tuple[str, ModelResponse | ModelError]:
        """The variant that was asked, and what came of it."""
        with endpoint.router.lease(params.get("TargetVariant")) as lease:
            started = time.perf_counter()
            answer: ModelResponse | ModelError
            try:
                answer = lease.connection.invoke(params["Body"], _headers(params), MODEL_SECONDS)
            except NotAsked:
                raise
            except ModelTimeout:
                answer = timed_out(self._world, endpoint.name)
            except ContainerGone:
                answer = gone(self._world, endpoint.name)
            if isinstance(answer, ModelResponse) and answer.status >= 300:
                answer = answered_badly(self._world, endpoint.name, answer)
            status = (answer.OriginalStatusCode or 500) if isinstance(answer, ModelError) else answer.status
            variant = lease.variant.plan.name
            self._metrics.note(endpoint.name, variant, status, time.perf_counter() - started)
            return variant, answer

    def _endpoint(self, params: dict[str, Any]) -> Endpoint:
        unserved = [name for name in _UNSERVED if name in params]
        if unserved:
            message = f"local_aws does not serve {', '.join(unserved)} of InvokeEndpoint"
            raise AwsError("NotImplemented", message, 501)
        if len(params["Body"]) > LARGEST_BODY:
            constraint = f"Member must have length less than or equal to {LARGEST_BODY}"
            message = f"1 validation error detected: Value at 'body' failed to satisfy constraint: {constraint}"
            raise AwsError("ValidationError", message)
        name = params["EndpointName"]
        endpoint = self._endpoints.serving(name)
        if endpoint is None:
            raise AwsError("ValidationError", f"Endpoint {name} of account {self._world.account} not found.")
        return endpoint

    def _capture(self, endpoint: Endpoint, variant: str, params: dict[str, Any], answer: ModelResponse) -> None:
        capture = endpoint.capture
        if capture is not None:
            capture.note(
                variant,
                request=(params.get("ContentType", ""), params["Body"]),
                answer=(answer.headers.get("content-type", ""), answer.body),
                inference_id=params.get("InferenceId"),
                custom_attributes=params.get("CustomAttributes"),
            )

    def _flush_regularly(self) -> None:
        while not self._ended.wait(_FLUSH_SECONDS):
            self._flush()

    def _flush(self) -> None:
        self._metrics.flush()
        for endpoint in self._endpoints.all_running():
            if endpoint.capture is not None:
                endpoint.capture.flush()


def _headers(params: dict[str, Any]) -> dict[str, str]:
    """What SageMaker passes on to the container."""
    headers = {
        "Content-Type": params.get("ContentType"),
        "Accept": params.get("Accept"),
        "X-Amzn-SageMaker-Custom-Attributes": params.get("CustomAttributes"),
        "X-Amzn-SageMaker-Inference-Id": params.get("InferenceId"),
    }
    return {name: value for name, value in headers.items() if value}
