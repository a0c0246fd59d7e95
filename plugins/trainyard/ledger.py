"""The ledger: for each partition what ran, from what, with which result, and whether it went live.

It is kept beside the data, one object a run, and read without Airflow, whose database may be another one by then::

    <model>/<partition>/ledger/<dag>/<run>.json       what one run did
    <model>/<partition>/ledger/<dag>/current.json     the record whose results count: the last run that had any

A run that fails leaves the former result in place; a run that began earlier never replaces what a later one left.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from trainyard.errors import ManifestError
from trainyard.fingerprints import Fingerprint
from trainyard.names import digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
#: ``complete`` and ``empty`` (no rows) are results. ``unchanged``: the former result stands, nothing was done.
Outcome = Literal["running", "complete", "empty", "unchanged", "failed"]
RESULTS = frozenset({"complete", "empty"})


@dataclass(frozen=True)
class Record:
    """What one run did with one partition.

    Attributes:
        model, partition, dag_id, run_id, run_type, code_version: as the run resolved them.
        began_at, ended_at: ISO 8601 in UTC; ``ended_at`` is empty while it runs.
        outcome: how it ended.
        reason: why it failed, or why nothing was done; empty otherwise.
        fingerprint: None when the run did not get as far as its inputs.
        loads: what the warehouse said of the inputs, for people.
        steps: by task: ``state``, and ``manifest``, ``digest``, ``job`` where there is one.
        metrics: of the new model.
        accepted: the gate's verdict; None when it was not asked.
        verdict: its reason.
        model_package: the version's ARN; empty when none was registered.
        model_version: its number.
        released: whether this run put it live.
    """

    model: str
    partition: str
    dag_id: str
    run_id: str
    run_type: str
    code_version: str
    began_at: str
    ended_at: str = ""
    outcome: Outcome = "running"
    reason: str = ""
    fingerprint: Fingerprint | None = None
    loads: str = ""
    steps: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    accepted: bool | None = None
    verdict: str = ""
    model_package: str = ""
    model_version: int | None = None
    released: bool = False

    @property
    def name(self) -> str:
        """The name of the run's own object: the same after a Clear, whose record replaces the one before."""
        return f"{digest_of(self.dag_id, self.run_id, '', -1)}.json"

    @property
    def is_result(self) -> bool:
        """Whether the partition has a result by this run."""
        return self.outcome in RESULTS

    def dump(self) -> bytes:
        """Return the record as it is stored."""
        return json.dumps({"format": FORMAT} | asdict(self), indent=1, sort_keys=True).encode() + b"\n"


def parse(text: bytes, uri: str) -> Record:
    """Read a record. Fields that a later version has added are left out.

    Raises:
        ManifestError: naming what is wrong with it.
    """
    try:
        data = json.loads(text)
        if data.pop("format", None) != FORMAT:
            raise ManifestError(f"{uri} is no record of format {FORMAT}.")
        mark = data.pop("fingerprint")
        known = {name: value for name, value in data.items() if name in Record.__dataclass_fields__}
        record = Record(**known, fingerprint=Fingerprint(**mark) if mark else None)
        _require_kinds(record)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ManifestError(
            f"{uri} is no record of the ledger: {error}. Remedy: delete it; what it told of can be built again."
        ) from None
    return record


def _require_kinds(record: Record) -> None:
    """Refuse values that whoever reads the record would stumble over."""
    texts = (record.model, record.partition, record.dag_id, record.run_id, record.began_at, record.ended_at)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("one of its names and times is no text")
    if not isinstance(record.steps, dict) or not isinstance(record.metrics, dict):
        raise TypeError("its steps or metrics are no objects")
    if not all(isinstance(told, dict) for told in record.steps.values()):
        raise TypeError("one of its steps is no object")


def folder(model: str, partition: str, dag_id: str) -> str:
    """Return the key prefix of a partition's records, with the ``/`` at its end."""
    return f"{model}/{partition}/ledger/{dag_id}/"


def counts(mine: Record, current: Record | None) -> bool:
    """Say whether a record becomes the partition's result."""
    if not mine.is_result:
        return False
    return current is None or current.run_id == mine.run_id or current.began_at <= mine.began_at


def unchanged(now: Fingerprint, current: Record | None) -> str:
    """Return why a partition need not be built again; empty when it must be."""
    if current is None or current.fingerprint is None or now.changes(current.fingerprint):
        return ""
    return (
        f"Partition {current.partition} has not changed since run {current.run_id} of {current.began_at}: "
        "the same inputs, code and parameters."
    )
