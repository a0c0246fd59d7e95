"""A plan and its price, for a person who decides."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from yard import say
from yard.backfill.estimate import Estimate
from yard.backfill.plan import Item, Plan, Redo, Stand

#: Longer plans are shown as the ranges in which partitions stand alike.
_ROWS = 60


def show(plan: Plan) -> None:
    """Print what happens with each partition, neighbours of the same fate in one row."""
    table = Table(box=None, pad_edge=False)
    for title in ("partition", "stands", "this backfill", "why"):
        table.add_column(title, header_style="dim", overflow="fold")
    rows = [[item] for item in plan.items] if len(plan.items) <= _ROWS else ranges(plan.items)
    for same in rows:
        first, last = same[0], same[-1]
        name = first.partition if len(same) == 1 else f"{first.partition} to {last.partition} ({len(same)})"
        done = Text("runs it", "green") if first.wanted else Text("leaves it", "dim")
        table.add_row(name, first.stand.value, done, Text(first.why if len(same) == 1 else ""))
    say.console.print(table)
    counts = ", ".join(f"{number} {stand.value}" for stand in Stand if (number := plan.count(stand)))
    say.line(f"{say.count(len(plan.items), 'partition')}: {counts}. To run: {len(plan.wanted)}.")


def ranges(items: Sequence[Item]) -> list[list[Item]]:
    """Neighbours that stand alike, together."""
    found: list[list[Item]] = []
    for item in items:
        if found and (found[-1][0].stand, found[-1][0].wanted) == (item.stand, item.wanted):
            found[-1].append(item)
        else:
            found.append([item])
    return found


def price(estimate: Estimate, at_once: int) -> None:
    """Print what it will take, and what that is taken from."""
    source = (
        f"by {say.count(estimate.measured, 'run')} in the ledger"
        if estimate.measured
        else "at most: by the jobs' time limits, for none ran before"
    )
    cost = "a price that is not known" if estimate.cost is None else f"{estimate.cost:,.2f} $ at list prices"
    say.line(
        f"Estimate ({source}): {say.count(estimate.jobs, 'job')}, {estimate.hours:,.2f} machine hours, {cost}, "
        f"{say.seconds(estimate.seconds)} with {at_once} at once."
    )


def advice(plan: Plan) -> str:
    """What could be asked for instead, when there is nothing to do."""
    failed, changed = plan.count(Stand.FAILED), plan.count(Stand.CHANGED)
    if failed and plan.redo is Redo.NOTHING:
        return f"{failed} failed: `--redo failed` runs them again."
    if changed and plan.redo in (Redo.NOTHING, Redo.FAILED):
        return f"{changed} changed: `--redo changed` builds them again."
    return ""
