"""The command ``yard backfill`` and its options; what it does is in ``command``."""

from typing import Annotated

import typer

from yard.backfill.plan import Redo
from yard.home import Home


def backfill(
    model: Annotated[str, typer.Argument(help="The model's DAG.")],
    first: Annotated[str, typer.Option("--from", help="The first partition, YYYY-MM-DD.")] = "",
    last: Annotated[str, typer.Option("--to", help="The last partition; by default the first.")] = "",
    redo: Annotated[Redo, typer.Option(help="Which to run again beside those that were never built.")] = Redo.NOTHING,
    set_: Annotated[list[str] | None, typer.Option("--set", help="A field of the form, name=value.")] = None,
    at_once: Annotated[int | None, typer.Option(min=1, max=64, help="Partitions at a time.")] = None,
    skip_missing: Annotated[bool, typer.Option("--skip-missing", help="Leave out what the source lacks.")] = False,
    release: Annotated[bool, typer.Option("--release", help="Let it go live; older never replaces newer.")] = False,
    compare: Annotated[bool, typer.Option("--compare", help="Compare older ones with the live model, too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and what it costs.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before starting.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="End the model's running backfill.")] = False,
) -> None:
    """Run past partitions: those without a result, and those again that are asked for; never live unless told to."""
    from yard.backfill import command
    from yard.run import parse_param

    if stop:
        command.stop(Home.find(), model)
        return
    if not first:
        raise typer.BadParameter("Which partitions? --from YYYY-MM-DD --to YYYY-MM-DD")
    conf = dict(parse_param(text) for text in set_ or [])
    conf |= {"release_backfill": True} if release else {}
    conf |= {"compare_older": True} if compare else {}
    wish = command.Wish(model, first, last or first, redo, conf, at_once, skip_missing, dry_run, yes)
    command.backfill(Home.find(), wish)
