"""What the result of a partition depends on: inputs, code and parameters, each as a digest.

A partition whose three digests are those of its last result would come out the same: rebuilding it costs money and
changes nothing. What is *not* in them: machines and time limits, which change how long a job takes, and Trainyard
itself; after an upgrade that matters, rebuild what should be rebuilt.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import timedelta
from enum import Enum
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from trainyard.compute import Compute

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from trainyard.run import Run
    from trainyard.spec import ModelSpec

#: Steps whose code is not in the release: what they would run now, nobody knows before they do.
CODE_ELSEWHERE = frozenset({"fetch_code", "run_pipeline", "run_state_machine"})
_TRAINING_STEPS = frozenset({"train", "train_by_pipeline"})
_OF_TRAINING = frozenset({"training", "search", "gate", "evaluation"})  # fields of a specification
_HOW_LONG_AND_WHERE = (Compute, timedelta)


@dataclass(frozen=True)
class Fingerprint:
    """Three digests of twelve hexadecimal digits each.

    Attributes:
        inputs: what the warehouse said of the loads that the partition is made from.
        code: the files of the release that the model uses, not those of other models.
        parameters: the model's specification and what the form overrode.
    """

    inputs: str
    code: str
    parameters: str

    def changes(self, former: Fingerprint) -> tuple[str, ...]:
        """Name what is different now, in words that a person reads."""
        mine, theirs = asdict(self), asdict(former)
        return tuple(name for name in mine if mine[name] != theirs[name])


def fingerprint(
    spec: ModelSpec, run: Run, files: Mapping[str, str], inputs: Any, steps: Collection[str]
) -> Fingerprint:
    """Return the fingerprint of a run.

    Args:
        spec: the model.
        run: what the run is about.
        files: path to SHA-256 of the code version that the run uses, as its ``release.json`` lists them.
        inputs: what tells one state of the data from another; see ``sensors.source``.
        steps: of the DAG. One that trains nothing does not depend on how that is done.
    """
    trains = bool(_TRAINING_STEPS.intersection(steps))
    told = _plain(spec)
    chosen = {"hyperparameters": dict(run.hyperparameters), "tune": run.tune, "warm_start": list(run.warm_start)}
    return Fingerprint(
        inputs=_digest(inputs),
        code=_digest(code_of(spec, files, trains=trains) or run.code_version),
        parameters=_digest([told if trains else {name: told[name] for name in told.keys() - _OF_TRAINING}, chosen]),
    )


def release_files(release: Mapping[str, Any]) -> dict[str, str]:
    """Return path to SHA-256 from a ``release.json``; nothing from one that does not say them."""
    files = release.get("files")
    return dict(files) if isinstance(files, dict) else {}


def code_of(spec: ModelSpec, files: Mapping[str, str], *, trains: bool = True) -> dict[str, str]:
    """Return the released files that a model uses: its SELECTs, and the folders of its Spark job and its training."""
    selects = {f"sql/{file}" for file in spec.source.datasets.values()}
    script = f"spark_jobs/{spec.spark.script}"
    training = [f"training_jobs/{spec.training.folder}/"] if trains else []
    folders = (f"{script.rpartition('/')[0]}/", *training)
    return {
        path: digest
        for path, digest in sorted(files.items())
        if (path in selects or path.startswith(folders)) and not path.endswith("/sourcedir.tar.gz")
    }


def _plain(value: Any) -> Any:
    """Return a specification as JSON has it, without what says only where and how long."""
    if is_dataclass(value):
        told = {field.name: getattr(value, field.name) for field in fields(value)}
        return {name: _plain(part) for name, part in told.items() if not isinstance(part, _HOW_LONG_AND_WHERE)}
    if isinstance(value, Enum):
        return value.name
    if hasattr(value, "items"):
        return {str(name): _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, (list, tuple)) else value


def _digest(value: Any) -> str:
    return sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:12]
