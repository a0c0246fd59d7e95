"""Serve the model: the four functions that the SageMaker PyTorch inference toolkit calls.

A request is ``{"user": "u1", "items": ["i9", ...], "k": 10}``; without ``items`` the whole catalogue is ranked, minus
what the user already has; without ``k`` the answer has as many items as the model was trained for. It is sent as
``application/json`` (one request) or ``application/jsonlines`` (one a line, answered line by line in that order).
An answer is ``{"user", "items", "scores", "known_user", "model_version"}``, best item first.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from artefact import load_folder
from ranker import Ranker

try:
    from sagemaker_inference.errors import BaseInferenceToolkitError as _Base  # type: ignore[import-not-found]
except ImportError:
    # Where the model is served by something else than AWS's toolkit.
    _Base = Exception


class RequestError(_Base):  # type: ignore[misc]  # its base is Any where the toolkit is not installed
    """A request that cannot be answered; the toolkit takes the HTTP status from it, and 500 for other exceptions."""

    def __init__(self, status_code: int, message: str) -> None:
        Exception.__init__(self, message)
        self.status_code = status_code
        self.message = self.phrase = message


_JSON, _LINES = "application/json", "application/jsonlines"
_ANY = ("", "*/*", "application/*")
_MOST_ITEMS = 10_000

Answer = dict[str, Any]


@dataclass(frozen=True)
class Query:
    """One checked request."""

    user: str
    items: list[str] | None
    k: int | None


def model_fn(model_dir: str) -> Ranker:
    """Load the model; raises JobError, with the remedy, for one that is broken or of another format."""
    # One thread: the work of a request is too small to share, and threads that wait for one another are what makes
    # servers on few cores slow.
    torch.set_num_threads(1)
    return Ranker(load_folder(Path(model_dir)))


def input_fn(body: bytes | str, content_type: str) -> Query | list[Query]:
    """Read one request, or one a line."""
    kind = _media_type(content_type)
    if kind not in (_JSON, _LINES):
        raise RequestError(415, f"Content type {content_type!r} is not supported; send {_JSON} or {_LINES}.")
    try:
        text = body if isinstance(body, str) else bytes(body).decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(400, f"The request is not UTF-8: {error}.") from error
    if kind == _JSON:
        return _query(text, "The request")
    return [_query(line, f"Line {number}") for number, line in enumerate(text.split("\n"), 1) if line.strip()]


def predict_fn(query: Query | list[Query], ranker: Ranker) -> Answer | list[Answer]:
    """Answer one query, or each of several."""
    return [_answer(one, ranker) for one in query] if isinstance(query, list) else _answer(query, ranker)


def output_fn(answer: Answer | list[Answer], accept: str) -> tuple[str, str]:
    """Write one answer as JSON; several, or one for whom asks so, as JSON lines."""
    asked = [_media_type(part) for part in (accept or "").split(",")]
    if not any(kind in (_JSON, _LINES, *_ANY) for kind in asked):
        raise RequestError(406, f"Accept {accept!r} is not supported; ask for {_JSON} or {_LINES}.")
    if isinstance(answer, dict) and _LINES not in asked:
        return json.dumps(answer), _JSON
    # What was asked line by line is answered so even where "application/json" is accepted: that is what the toolkit
    # puts in when a client says nothing.
    answers = answer if isinstance(answer, list) else [answer]
    return "".join(f"{json.dumps(one)}\n" for one in answers), _LINES


def _query(text: str, what: str) -> Query:
    try:
        asked = json.loads(text)
    except ValueError as error:
        raise RequestError(400, f"{what} is not JSON: {error}.") from error
    if not isinstance(asked, dict) or not _is_id(asked.get("user")):
        raise RequestError(400, f'{what} must be an object with a "user", such as {{"user": "u1"}}.')
    items, k = asked.get("items"), asked.get("k")
    if items is not None and not (isinstance(items, list) and all(map(_is_id, items)) and len(items) <= _MOST_ITEMS):
        raise RequestError(400, f'{what}: "items" must be a list of at most {_MOST_ITEMS} item ids.')
    if k is not None and (not isinstance(k, int) or isinstance(k, bool) or k < 1):
        raise RequestError(400, f'{what}: "k" must be a whole number from 1.')
    return Query(str(asked["user"]), None if items is None else [str(item) for item in items], k)


def _answer(query: Query, ranker: Ranker) -> Answer:
    k = query.k or ranker.top_k
    ranked = ranker.best(query.user, k) if query.items is None else ranker.among(query.user, query.items, k)
    return {
        "user": query.user,
        "items": ranked[0],
        "scores": ranked[1],
        "known_user": ranker.knows(query.user),
        "model_version": os.environ.get("TRAINYARD_MODEL_VERSION"),
    }


def _is_id(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _media_type(header: str | None) -> str:
    return (header or "").partition(";")[0].strip().lower()
