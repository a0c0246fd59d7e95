"""What a line of the comparison is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.stock_operators.account import Account


@dataclass(frozen=True)
class Seen:
    """What was found at the service after one side had done it.

    Attributes:
        told: the facts.
        well: whether that is what a user is owed.
    """

    told: str
    well: bool


@dataclass(frozen=True)
class Line:
    """One defect, and both sides of it."""

    number: int
    what: str
    stock: Callable[[Account], Seen]
    ours: Callable[[Account], Seen]
