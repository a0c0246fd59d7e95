"""The trigger form: what a person may choose for one run."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param

_HYPERPARAMETERS = "Hyperparameters (empty: the model's own)"


def form(**hyperparameters: tuple[int, int] | tuple[float, float]) -> dict[str, Param]:
    """Return the form of a model's DAG.

    Args:
        hyperparameters: those that a run may override, each with its lowest and its highest value; two whole numbers
            mean that it is whole.
    """
    return _what() | _how() | {name: _bounded(name, *bounds) for name, bounds in hyperparameters.items()}


def scoring_form() -> dict[str, Param]:
    """Return the form of a DAG that scores with what is live, and trains nothing."""
    return _what()


def _what() -> dict[str, Param]:
    return {
        "partition": Param(
            None,
            type=["null", "string"],
            format="date",
            maxLength=10,
            title="Partition",
            description="First day of the partition, YYYY-MM-DD. Empty: the newest complete one.",
            section="What",
        ),
        "only": Param(
            [],
            type="array",
            items={"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "maxLength": 10},
            maxItems=1000,
            title="Only these partitions of a backfill",
            description="One a line, YYYY-MM-DD; the others of its range are left as they are. Empty: all of them.",
            section="What",
        ),
        "code_version": Param(
            None,
            type=["null", "string"],
            pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,63}(?!\\n)$",
            title="Code version",
            description="A version published by 'yard release'. Empty: the current one.",
            section="What",
        ),
        "rebuild": Param(
            False,
            type="boolean",
            title="Rebuild even if nothing changed",
            description="A backfill skips a partition whose inputs, code and parameters are those of its result.",
            section="What",
        ),
    }


def _how() -> dict[str, Param]:
    return {
        "tune": Param(
            False,
            type="boolean",
            title="Search hyperparameters first",
            description="Those that the search chooses stay empty below.",
            section="How",
        ),
        "warm_start": Param(
            [],
            type="array",
            items={"type": "string", "pattern": "^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}(?!\\n)$", "maxLength": 32},
            maxItems=5,
            title="Begin the search with what former ones found",
            description="The names of up to five tuning jobs of this model, one a line. Only with a search.",
            section="How",
        ),
        "release": Param(
            True,
            type="boolean",
            title="Go live if the gate accepts the model",
            description="Off: train, judge and register only.",
            section="Release",
        ),
        "release_backfill": Param(
            False,
            type="boolean",
            title="Let a backfill go live, too",
            description="Even then, older never replaces newer.",
            section="Release",
        ),
        "compare_older": Param(
            False,
            type="boolean",
            title="Compare an older partition with the live model, too",
            description="It has learned from what the older one is tested on, so it is hard to beat there.",
            section="Release",
        ),
    }


def _bounded(name: str, low: float, high: float) -> Param:
    kind = "integer" if isinstance(low, int) and isinstance(high, int) else "number"
    limits: dict[str, Any] = {"minimum": low, "maximum": high}
    title = name.replace("_", " ").capitalize()
    said = f"From {low} to {high}."
    return Param(None, type=["null", kind], title=title, description=said, section=_HYPERPARAMETERS, **limits)
