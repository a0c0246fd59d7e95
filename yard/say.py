"""What the command line says while it works: spinners where a person watches, plain lines where a file does."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic

from rich.console import Console
from rich.markup import escape

#: Everything that is said goes through here; reports and answers, too, so that they can be piped.
console = Console(highlight=False, soft_wrap=True)
complaints = Console(stderr=True, highlight=False, soft_wrap=True)
if not console.is_terminal:
    console.width = 160  # a file has no width; rich would take 80 columns and cut tables to that


def line(text: str) -> None:
    """Say one line, as it is."""
    console.print(escape(text))


def note(text: str) -> None:
    """Say something a person should know but need not act upon."""
    console.print(f"[yellow]![/] {escape(text)}")


def done(text: str) -> None:
    """Say that something is done."""
    console.print(f"[green]✓[/] {escape(text)}")


def failed(text: str, remedy: str = "") -> None:
    """Say on stderr what went wrong and what to do about it."""
    complaints.print(f"[red]✗[/] {escape(text)}")
    if remedy:
        complaints.print(f"  {escape(remedy)}")


@contextmanager
def step(doing: str, did: str = "") -> Iterator[list[str]]:
    """Show what is being done, then that it is done, and how long it took.

    :param did: how to say that it is done; by default as it was said while it was done.
    :returns: a list: what is put in is said behind, as in ``Loading data: 1,000,000 rows (4.1 s)``.
    """
    began, details = monotonic(), list[str]()
    if console.is_terminal:
        with console.status(escape(doing)):
            yield details
    else:
        line(f"… {doing}")
        yield details
    detail = f": {', '.join(details)}" if details else ""
    done(f"{did or doing}{detail} ({seconds(monotonic() - began)})")


def seconds(length: float) -> str:
    """A length of time as people read it: ``0.4 s``, ``42 s``, ``3 min 05 s``, ``1:02:03``."""
    if length < 9.95:
        return f"{length:.1f} s"
    whole = round(length)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return str(timedelta(seconds=whole))


def count(number: int, what: str) -> str:
    """How many there are of something: ``1 run``, ``2 runs``."""
    return f"{number} {what}{'' if number == 1 else 's'}"
