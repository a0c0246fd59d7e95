"""The wire formats of AWS, and nothing of its behavior: route, parse, validate and encode by botocore's models.

The protocols (JSON 1.0/1.1, REST-JSON, query, REST-XML) come from ``moto.core``, which is not a public interface:
moto is pinned, and this is the only file that imports those modules. ``tests/local_aws/test_wire.py`` round-trips
each protocol, so that an upgrade that moves them is seen at once.
"""

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore import xform_name
from botocore.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import PRESERVED_HEADER_NAMES_ENVIRON_KEY, Request, determine_request_protocol
from moto.core.routing import ProtocolRouter, get_router_class
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from local_aws.errors import AwsError
from local_aws.validation import validate

__all__ = ["PRESERVED_HEADER_NAMES_ENVIRON_KEY", "Codec", "Stream", "handler_name"]


@dataclass(frozen=True)
class Stream:
    """A response body that is sent piece by piece instead of held in memory."""

    chunks: Iterable[bytes]
    length: int


class Codec:
    """Reads requests and writes responses of one service."""

    def __init__(self, service: str) -> None:
        self.model = get_service_model(service)
        self._routers: dict[str, ProtocolRouter] = {}

    @property
    def signing_name(self) -> str:
        """The service's name in a SigV4 credential scope; several services may share one."""
        return str(self.model.signing_name)

    def route(self, request: Request) -> tuple[OperationModel, Mapping[str, Any]] | None:
        """The operation that ``request`` asks for and its URI parameters; None if it is none of this service."""
        try:
            operation, uri_params = self._router(self._protocol(request)).match(request)
        except (HTTPException, NotImplementedError):
            return None
        return operation, uri_params

    def parse(self, request: Request, operation: OperationModel, uri_params: Mapping[str, Any]) -> dict[str, Any]:
        """The validated parameters. A streamed payload (S3's Body) is left unread on ``request.stream``."""
        streamed = _streamed_payload(operation)
        protocol = self._protocol(request)
        params: dict[str, Any] = PROTOCOL_PARSERS[protocol](operation).parse(
            {
                "method": request.method,
                # Reading `values` of a form would use up the body, which REST has no parameters in.
                "values": request.args if streamed or protocol.startswith("rest") else request.values,
                "headers": request.headers,
                "body": b"" if streamed else request.get_data(cache=True),
                "url_path": request.path,
                "url_params": dict(uri_params),
            }
        )
        if streamed:
            params.pop(streamed, None)
        for name in _lists_not_asked_for(operation, params):
            del params[name]
        validate(operation.input_shape, params)
        return params

    def encode(self, request: Request, operation: OperationModel, result: dict[str, Any] | AwsError) -> Response:
        """The HTTP response for a result or an error, in the protocol of the request."""
        stream = None
        if isinstance(result, dict):
            status_override = result.pop("HttpStatus", None)
            for name, value in list(result.items()):
                if isinstance(value, Stream):
                    stream, result[name] = value, b""
        else:
            status_override = result.status
        protocol = self._protocol(request)
        serializer = get_serializer_class(self.model.service_name, protocol)(operation)
        with warnings.catch_warnings():
            # Common errors (ThrottlingException...) stand in no service model; they encode all the same.
            warnings.simplefilter("ignore", UserWarning)
            encoded = serializer.serialize(result)
        response = Response(encoded["body"], status_override or encoded["status_code"], dict(encoded["headers"]))
        if stream is not None:
            response.response = stream.chunks
            response.headers["Content-Length"] = str(stream.length)
        elif request.method == "HEAD" and isinstance(result, dict) and "ContentLength" in result:
            response.headers["Content-Length"] = str(result["ContentLength"])
        return response

    def _protocol(self, request: Request) -> str:
        """The request's protocol. Of a service with only one it is that one, whatever the content type says:
        InvokeEndpoint's is the type of what the model gets.

        Raises ``NotImplementedError`` for one that the service does not speak.
        """
        spoken = self.model.metadata.get("protocols", [self.model.protocol])
        return str(spoken[0] if len(spoken) == 1 else determine_request_protocol(self.model, request.content_type))

    def _router(self, protocol: str) -> ProtocolRouter:
        if protocol not in self._routers:
            router = get_router_class(self.model.service_name, protocol)
            if router is None:
                raise NotImplementedError(protocol)
            self._routers[protocol] = router(self.model)
        return self._routers[protocol]


def _lists_not_asked_for(operation: OperationModel, params: Mapping[str, Any]) -> list[str]:
    """Lists of the query string that moto's parser makes up as empty ones; a query string cannot say an empty list."""
    members = operation.input_shape.members if operation.input_shape is not None else {}
    return [
        name
        for name, value in params.items()
        if value == [] and name in members and members[name].serialization.get("location") == "querystring"
    ]


def handler_name(operation: str) -> str:
    """``CreateTrainingJob`` -> ``create_training_job``: the name boto3 gives the operation."""
    return str(xform_name(operation))


def _streamed_payload(operation: OperationModel) -> str | None:
    """The member that carries a streamed request body, e.g. ``Body`` of PutObject."""
    shape = operation.input_shape
    if shape is None:
        return None
    payload = shape.serialization.get("payload")
    if payload and shape.members[payload].serialization.get("streaming"):
        return str(payload)
    return None
