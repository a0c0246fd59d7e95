"""The user's script: its functions, completed by the defaults, and one request through them."""

import importlib
import inspect
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .content import ANY, JSON, TEXT_TYPES, media_type
from .defaults import defaults_of
from .errors import offer

Function = Callable[..., Any]


@dataclass
class Context:
    """What a function sees of its request when it takes one argument more than it must (as in AWS's toolkit)."""

    request_headers: dict[str, str]
    response_headers: dict[str, str] = field(default_factory=dict)

    def get_request_header(self, _index: int, name: str) -> str | None:
        """A header of the request; names are lower case. A request is always number 0 of its batch."""
        return self.request_headers.get(name.lower())

    def get_all_request_header(self, _index: int) -> dict[str, str]:
        """All headers of the request."""
        return dict(self.request_headers)

    def set_response_header(self, _index: int, name: str, value: str) -> None:
        """Add a header to the answer."""
        self.response_headers[name.lower()] = value

    def set_response_content_type(self, _index: int, value: str) -> None:
        """Set the type of the answer."""
        self.response_headers["content-type"] = value


class Handler:
    """A loaded model and the functions that a request passes through."""

    def __init__(self, module: object, framework: str, model_dir: str) -> None:
        defaults = defaults_of(framework)
        own = {name: getattr(module, name, None) for name in ("input_fn", "predict_fn", "output_fn")}
        transform_fn = getattr(module, "transform_fn", None)
        if transform_fn and any(own.values()):
            raise ValueError(
                "Cannot use transform_fn implementation in conjunction with "
                "input_fn, predict_fn, and/or output_fn implementation"
            )
        self._transform_fn = transform_fn and _with_context(transform_fn, 4)
        self._input_fn = _with_context(own["input_fn"] or defaults.input_fn, 2)
        self._predict_fn = _with_context(own["predict_fn"] or defaults.predict_fn, 2)
        self._output_fn = _with_context(own["output_fn"] or defaults.output_fn, 2)
        self._execution_parameters_fn = getattr(module, "execution_parameters_fn", None)
        self._default_accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)
        model_fn = _with_context(getattr(module, "model_fn", defaults.model_fn), 1)
        self._model = model_fn(Context({}), model_dir)

    def transform(self, body: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
        """The answer to one request: its body and headers. Whatever the user's code raises passes through."""
        content_type = headers.get("content-type", "")
        accept = headers.get("accept", ANY)
        accept = self._default_accept if accept == ANY else accept
        data = body.decode() if media_type(content_type) in TEXT_TYPES else body
        context = Context(headers)
        if self._transform_fn:
            result = self._transform_fn(context, self._model, data, content_type, accept)
        else:
            prediction = self._predict_fn(context, self._input_fn(context, data, content_type), self._model)
            result = self._output_fn(context, prediction, accept)
        payload, kind = result if isinstance(result, tuple) else (result, accept)
        return _as_bytes(payload), {"content-type": kind, **context.response_headers}

    def execution_parameters(self) -> dict[str, Any]:
        """What batch transform asks for before it starts: one request at a time, since there is one worker."""
        if self._execution_parameters_fn:
            given = self._execution_parameters_fn()
            return dict(given if isinstance(given, dict) else json.loads(given))
        return {"MaxConcurrentTransforms": 1, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}


def load_handler(framework: str) -> Handler:
    """Import the script that SAGEMAKER_PROGRAM names and load the model.

    :raises FileNotFoundError: when a script is named and not there. AWS's toolkit goes on with its defaults then,
        which hides the mistake behind the next one.
    """
    model_dir = os.environ.get("SM_MODEL_DIR", "/opt/ml/model")
    code = Path(os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY", f"{model_dir}/code").removeprefix("file://"))
    program = os.environ.get("SAGEMAKER_PROGRAM", "inference.py")
    if not (code / program).is_file():
        if "SAGEMAKER_PROGRAM" in os.environ:
            raise FileNotFoundError(f"SAGEMAKER_PROGRAM is {program}, but {code} holds {_names(code)}")
        return Handler(None, framework, model_dir)
    sys.path.insert(0, str(code))
    offer()
    module = importlib.import_module(program.removesuffix(".py").replace("/", "."))
    return Handler(module, framework, model_dir)


def _with_context(function: Function, arguments: int) -> Function:
    """A function of the context and ``arguments`` more, which passes the context on (last) only to who takes it."""
    if len(inspect.signature(function).parameters) == arguments + 1:
        return lambda context, *values: function(*values, context)
    return lambda _context, *values: function(*values)


def _as_bytes(payload: Any) -> bytes:
    if isinstance(payload, str):
        return payload.encode()
    if isinstance(payload, (bytes, bytearray, memoryview)):
        return bytes(payload)
    return json.dumps(payload).encode()


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
