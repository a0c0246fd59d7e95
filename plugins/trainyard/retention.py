"""Which endpoint configs and models may go: a bill of clutter is small, a config that is needed at three is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


@dataclass(frozen=True)
class Config:
    """An endpoint config of a model.

    Attributes:
        name: its name.
        created: when it was made, in seconds since 1970.
        models: the SageMaker models behind its variants; empty while nobody has asked.
    """

    name: str
    created: float
    models: tuple[str, ...] = ()


def outdated(configs: Iterable[Config], in_use: Collection[str], keep: int) -> list[Config]:
    """Return the configs that may be deleted, oldest first.

    A config that any endpoint serves, or is being updated to, stays. Of the others the newest ``keep`` stay: those are
    what one can go back to at once.
    """
    idle = sorted((config for config in configs if config.name not in in_use), key=lambda config: config.created)
    return idle[: max(0, len(idle) - keep)]


def orphaned(deleted: Iterable[Config], left: Iterable[Config]) -> list[str]:
    """Return the models that only deleted configs used, in order."""
    used = {model for config in left for model in config.models}
    return sorted({model for config in deleted for model in config.models} - used)
