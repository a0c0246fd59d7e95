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
    """Without its table a backfill is refused before it starts anything, and a run by hand fails and says why.

    What the week had before, and what is live, stays.
    """
    week = stage.weeks[-1]
    before, former = stage.production(), stage.ledger.of(week)
    with _away(stage):
        yield from _says_so(stage, "backfill", MODEL, "--from", week, "--to", week, *small, "--redo", "all", "--yes")
        if stage.ledger.of(week) != former:
            yield f"the refused backfill left a record of {week}"
        yield from _says_so(stage, "run", MODEL, "--partition", week)
    now = stage.ledger.of(week)
    if now.current != former.current:
        yield f"{week} had the result of {former.current} and has that of {now.current}"
    if now.last is None or now.last.outcome != "failed" or "unload" not in now.last.reason:
        yield f"the run by hand without a table left the record {now.last}"
    yield from checks.untouched(before, stage.production())


def _says_so(stage: Stage, *arguments: str) -> Iterator[str]:
    """The command fails, and names the table."""
    log = stage.home.state / "gone.log"
    code = stage.yard(*arguments, log=log).wait()
    told = log.read_text(encoding="utf-8")
    print(told, end="", flush=True)
    if not code or _TABLE not in told:
        yield f"without its table {' '.join(arguments)} ended with {code}, and says nothing of {_TABLE}"


@contextmanager
def _away(stage: Stage) -> Iterator[None]:
    """The table under another name for a while: as good as deleted."""
    warehouse = Warehouse(stage.session.aws, stage.session.outputs)
    warehouse.execute([f"ALTER TABLE shop.{_TABLE} RENAME TO {_TABLE}_away"], "take the table away")
    try:
        yield
    finally:
        warehouse.execute([f"ALTER TABLE shop.{_TABLE}_away RENAME TO {_TABLE}"], "bring the table back")
