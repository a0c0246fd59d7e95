"""The front: every request comes in here, goes to the service that executes it, or falls through to moto."""

import io
import logging
import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel
from moto.moto_server.werkzeug_app import BackendRequest
from werkzeug.wrappers import Response

from local_aws.admin import Admin
from local_aws.errors import AwsError, Declined
from local_aws.faults.calls import CallFaults, Cut
from local_aws.faults.rules import Rule
from local_aws.journal import Moto
from local_aws.service import Call, Service
from local_aws.wire import Codec, handler_name

log = logging.getLogger("local_aws")

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
_CREDENTIAL = re.compile(
    r"(?:Credential=|X-Amz-Credential=)([^/&,]+?)(?:/|%2F)(\d{8})(?:/|%2F)([^/%]+)(?:/|%2F)([^/%]+)(?:/|%2F)aws4_request"
)


class Front:
    """The WSGI application of local_aws."""

    def __init__(self, services: Sequence[Service], moto: Moto, admin: Admin, faults: CallFaults) -> None:
        self._moto = moto
        self._admin = admin
        self._faults = faults
        self._moto_codecs: dict[str, Codec | None] = {}
        self._by_signing_name: dict[str, list[tuple[Service, Codec]]] = {}
        for service in services:
            codec = Codec(service.name)
            self._by_signing_name.setdefault(codec.signing_name, []).append((service, codec))

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if str(environ.get("PATH_INFO", "")).startswith("/_local/"):
            return self._admin(environ, start_response)
        try:
            return self._route(environ, start_response)
        except Cut:
            environ["local_aws.cut"]()
            start_response("500 Internal Server Error", [("Content-Length", "0")])  # goes nowhere
            return []

    def _route(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        access_key, region, signing_name = _credential_scope(environ)
        if signing_name != "s3":
            _buffer_body(environ)
        request = BackendRequest(environ)
        asked = False
        for service, codec in self._by_signing_name.get(signing_name, []):
            route = codec.route(request)
            if route is None:
                continue
            operation, uri_params = route
            asked = _handler(service, operation.name) is not None
            call_parts = (service, codec, request, operation, uri_params, access_key, region)
            response = self._answer(*call_parts)
            if response is not None:
                response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
                return response(environ, start_response)
            break
        later: list[Rule] = []
        if not asked and not self._faults.idle:
            refused, later = self._faulty(request, signing_name)
            if refused is not None:
                return refused(environ, start_response)
        _rewind_body(environ)
        answer = self._moto(environ, start_response)
        self._faults.after(later, {})
        return answer

    def _faulty(self, request: BackendRequest, signing_name: str) -> tuple[Response | None, list[Rule]]:
        """Let happen what happens to a call that moto answers: its refusal, or what follows on it."""
        if signing_name not in self._moto_codecs:
            self._moto_codecs[signing_name] = _codec(signing_name)
        codec = self._moto_codecs[signing_name]
        route = codec and codec.route(request)
        if not codec or not route:
            return None, []
        try:
            return None, self._faults.before(codec.model.service_name, route[0].name, {})
        except AwsError as error:
            return codec.encode(request, route[0], error), []

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
            later = self._faults.before(service.name, operation.name, params)
            result: dict[str, Any] | AwsError = handler(call) or {}
            if later:
                self._faults.after(later, result)
        except Declined:
            return None
        except Cut:
            raise
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


def _codec(service: str) -> Codec | None:
    try:
        return Codec(service)
    except UnknownServiceError:
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
