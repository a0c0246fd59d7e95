"""The fingerprint that a run would have now, as the plan reckons it: just what the run itself finds."""

import io
import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.yard.backfill.test_estimate import PIPELINE, SPEC
from trainyard.errors import ParamError
from trainyard.loads import Loads
from yard.backfill import marks

WEEK = "2026-02-02"
LOADS = Loads(WEEK, 10, "2026-02-09 00:10:00", 5, 50, "2026-02-09 00:10:00", "2026-01-05")
MODEL = replace(
    PIPELINE, spec=replace(SPEC, training=replace(SPEC.training, hyperparameters={"epochs": 20, "lr": 0.1}))
)


def parameters(monkeypatch: pytest.MonkeyPatch, **form: Any) -> str:
    """The digest of the parameters that a run with this form would have."""
    released = json.dumps({"version": "abc", "files": {}}).encode()
    s3 = SimpleNamespace(get_object=lambda **_: {"Body": io.BytesIO(released)})
    session: Any = SimpleNamespace(aws=SimpleNamespace(client=lambda _: s3), bucket="bucket")
    monkeypatch.setattr(marks, "source", lambda *_: {WEEK: LOADS})
    return marks.marks(session, MODEL, [WEEK], form)[WEEK].parameters


def test_a_whole_number_is_the_same_however_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parameters(monkeypatch, epochs=1.0) == parameters(monkeypatch, epochs=1)
    assert parameters(monkeypatch, epochs=1.0) != parameters(monkeypatch)


def test_what_is_no_number_is_refused_before_any_run_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ParamError, match="Field 'lr'"):
        parameters(monkeypatch, lr=float("nan"))
