"""A backfill whose source has been deleted."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.backfill_proof import checks
from tests.backfill_proof.stage import MODEL
from yard.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.backfill_proof.stage import Stage

_TABLE = "interactions"


def source(stage: Stage, small: tuple[str, ...]) -> Iterator[str]:
    """Without its table the newest week fails, and says why; what it had before, and what is live, stays."""
    week = stage.weeks[-1]
    before, former = stage.production(), stage.ledger.of(week).current
    log = stage.home.state / "gone.log"
    with _away(stage):
        command = stage.yard("backfill", MODEL, "--from", week, "--to", week, *small, "--redo", "all", "--yes", log=log)
        code = command.wait()
    told = log.read_text(encoding="utf-8")
    print(told, end="", flush=True)
    if not code or _TABLE not in told:
        yield f"without its table the backfill ended with {code}, and says nothing of {_TABLE}"
    history = stage.ledger.of(week)
    if history.current != former or history.last is None or history.last.outcome != "failed":
        yield f"{week} had {former} and has {history.current}; the last run's record is {history.last}"
    yield from checks.untouched(before, stage.production())


@contextmanager
def _away(stage: Stage) -> Iterator[None]:
    """The table under another name for a while: as good as deleted."""
    warehouse = Warehouse(stage.session.aws, stage.session.outputs)
    warehouse.execute([f"ALTER TABLE shop.{_TABLE} RENAME TO {_TABLE}_away"], "take the table away")
    try:
        yield
    finally:
        warehouse.execute([f"ALTER TABLE shop.{_TABLE}_away RENAME TO {_TABLE}"], "bring the table back")
