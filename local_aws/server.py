"""The front: every request comes in here, goes to the service that executes it, or falls through to moto."""

import io
import logging
import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from botocore.model import OperationModel
from moto.moto_server.werkzeug_app import BackendRequest
from werkzeug.wrappers import Response

from local_aws.admin import Admin
from local_aws.errors import AwsError, Declined
from local_aws.journal import Moto
from local_aws.service import Call, Service
from local_aws.wire import Codec, handler_name

log = logging.getLogger("local_aws")

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
#: Called with every call before its handler; raises ``AwsError`` to refuse it.
Hook = Callable[[Call], None]

_CREDENTIAL = re.compile(
    r"(?:Credential=|X-Amz-Credential=)([^/&,]+?)(?:/|%2F)(\d{8})(?:/|%2F)([^/%]+)(?:/|%2F)([^/%]+)(?:/|%2F)aws4_request"
)


class Front:
    """The WSGI application of local_aws."""

    def __init__(self, services: Sequence[Service], moto: Moto, admin: Admin, hooks: Sequence[Hook] = ()) -> None:
        self._moto = moto
        self._admin = admin
        self._hooks = hooks
        self._by_signing_name: dict[str, list[tuple[Service, Codec]]] = {}
        for service in services:
            codec = Codec(service.name)
            self._by_signing_name.setdefault(codec.signing_name, []).append((service, codec))

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if str(environ.get("PATH_INFO", "")).startswith("/_local/"):
            return self._admin(environ, start_response)
        access_key, region, signing_name = _credential_scope(environ)
        if signing_name != "s3":
            _buffer_body(environ)
        request = BackendRequest(environ)
        for service, codec in self._by_signing_name.get(signing_name, []):
            route = codec.route(request)
            if route is None:
                continue
            operation, uri_params = route
            call_parts = (service, codec, request, operation, uri_params, access_key, region)
            response = self._answer(*call_parts)
            if response is not None:
                response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
                return response(environ, start_response)
            break
        _rewind_body(environ)
        return self._moto(environ, start_response)

    def _answer(
        self,
        service: Service,
        codec: Codec,
        request: BackendRequest,
        operation: OperationModel,
        uri_params: Any,
        access_key: str,
        region: str,
    ) -> Response | None:
        """The response of the service, or None where moto is to answer."""
        handler = _handler(service, operation.name)
        try:
            if handler is None:
                if not service.owns_all:
                    return None
                raise AwsError("NotImplemented", f"local_aws does not implement {service.name}:{operation.name}", 501)
            params = codec.parse(request, operation, uri_params)
            call = Call(service.name, operation.name, params, region, access_key, request)
            for hook in self._hooks:
                hook(call)
            result: dict[str, Any] | AwsError = handler(call) or {}
        except Declined:
            return None
        except AwsError as error:
            result = error
        except OSError as error:
            # Above all a full disk: the client must read what happened, on which file, and not retry for minutes.
            log.exception("%s:%s", service.name, operation.name)
            result = AwsError("ServiceUnavailableException", f"local_aws: {error}", 507)
        except Exception as error:
            log.exception("%s:%s", service.name, operation.name)
            result = AwsError("InternalFailure", f"local_aws failed on {operation.name}: {error!r}", 500)
        return codec.encode(request, operation, result)


def _handler(service: Service, operation: str) -> Callable[[Call], dict[str, Any] | None] | None:
    name = handler_name(operation)
    for part in service.handlers():
        handler: Callable[[Call], dict[str, Any] | None] | None = getattr(part, name, None)
        if handler is not None:
            return handler
    return None


def _credential_scope(environ: Environ) -> tuple[str, str, str]:
    """``(access key, region, signing name)``; an unsigned request is one for S3, as moto holds it, too."""
    for source in (environ.get("HTTP_AUTHORIZATION", ""), environ.get("QUERY_STRING", "")):
        match = _CREDENTIAL.search(source)
        if match:
            return match[1], match[3], match[4]
    target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
    return "anonymous", "us-east-1", "" if target or "Action=" in str(environ.get("QUERY_STRING", "")) else "s3"


def _buffer_body(environ: Environ) -> None:
    """Hold the body of an API call, which is small, so that moto can read it again. S3's bodies are not held."""
    length = environ.get("CONTENT_LENGTH")
    stream = environ["wsgi.input"]
    body = stream.read(int(length)) if length else (stream.read() if _chunked(environ) else b"")
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))


def _rewind_body(environ: Environ) -> None:
    stream = environ["wsgi.input"]
    if isinstance(stream, io.BytesIO):
        stream.seek(0)


def _chunked(environ: Environ) -> bool:
    return "chunked" in str(environ.get("HTTP_TRANSFER_ENCODING", "")).lower()
