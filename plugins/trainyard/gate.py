"""May this model go live? Every rule of a release, as functions of plain figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from trainyard.errors import SpecError

Metrics = Mapping[str, float]


@dataclass(frozen=True)
class Verdict:
    """An answer with its reason. The reason is shown to people as it stands."""

    accepted: bool
    reason: str


@dataclass(frozen=True)
class Gate:
    """What a model must show on the data of its own partition before it may replace the live one.

    Attributes:
        metric: the metric that decides, e.g. ``ndcg@10``; higher is better.
        at_least: the least value that is worth serving at all.
        may_lose: how much less than the champion is still taken, measured on the same rows: fresher data may be worth
            a little; 0 means no loss.
        must_beat_baseline: refuse a model that is no better than the simple rule that its evaluation measures beside
            it, e.g. what everybody likes.
    """

    metric: str
    at_least: float
    may_lose: float = 0.0
    must_beat_baseline: bool = True

    def __post_init__(self) -> None:
        if not self.metric:
            raise SpecError("Gate.metric is empty: name the metric that decides, e.g. 'ndcg@10'.")
        if not math.isfinite(self.at_least):
            raise SpecError(f"Gate.at_least must be a number, not {self.at_least}.")
        if not (math.isfinite(self.may_lose) and self.may_lose >= 0):
            raise SpecError(f"Gate.may_lose must be 0 or more, not {self.may_lose}.")

    def judge(
        self,
        challenger: Metrics,
        champion: Metrics | None,
        baseline: Metrics | None,
        name: str = "baseline",
        not_compared: str = "",
    ) -> Verdict:
        """Compare a challenger with the least that is wanted, with the baseline and with the champion.

        All figures must have been measured on the same rows of the same partition.

        Args:
            challenger: the new model's metrics.
            champion: the live one's; None when nothing is live.
            baseline: those of a simple rule.
            name: what that rule is called, e.g. ``popularity``.
            not_compared: why there is no champion although something is live.
        """
        mine = challenger.get(self.metric)
        if mine is None or not math.isfinite(mine):
            return Verdict(False, f"The evaluation has no {self.metric} of the challenger.")
        said = f"{self.metric} {mine:.4f}"
        if mine < self.at_least:
            return Verdict(False, f"{said} is below the wanted {self.at_least:.4f}.")
        if self.must_beat_baseline:
            refusal = self._against_baseline(mine, baseline, name)
            if refusal:
                return Verdict(False, f"{said} {refusal}")
        if champion is None:
            why = f"not compared: {not_compared}" if not_compared else "and nothing is live yet."
            return Verdict(True, f"{said} reaches the wanted {self.at_least:.4f}, {why}")
        theirs = champion.get(self.metric)
        if theirs is None or not math.isfinite(theirs):
            return Verdict(False, f"The evaluation has no {self.metric} of the champion on the same rows.")
        allowed = f"champion's {theirs:.4f}" + (f" less {self.may_lose:.4f}" if self.may_lose else "")
        if mine < theirs - self.may_lose:
            return Verdict(False, f"{said} is below the {allowed} on the same rows.")
        return Verdict(True, f"{said} reaches the wanted {self.at_least:.4f} and the {allowed} on the same rows.")

    def _against_baseline(self, mine: float, baseline: Metrics | None, name: str) -> str:
        """Return why the baseline refuses the model, or nothing."""
        theirs = (baseline or {}).get(self.metric)
        if theirs is None or not math.isfinite(theirs):
            return f"has no {name} to be compared with."
        return "" if mine > theirs else f"is no better than {name}: {theirs:.4f}."


def may_release(*, run_type: str, wanted: bool, backfill_wanted: bool) -> Verdict:
    """Say whether a run may touch what is live at all. A backfill never does unless it is told to."""
    if not wanted:
        return Verdict(False, "The form says not to release.")
    if run_type == "backfill" and not backfill_wanted:
        return Verdict(False, "A backfill never releases unless its form says so (release_backfill).")
    return Verdict(True, "The run may release.")


def not_comparable(partition: str, live: str) -> str:
    """Say why a partition's model must not be compared with a live one; empty when it may be.

    Dates in ISO form compare as dates.
    """
    if partition >= live:
        return ""
    return f"the live model is of partition {live}, and has learned from what {partition} is tested on."


def still_compared(live: int, champion: int | None) -> Verdict:
    """Say whether the version that is live is the one that a model was compared with.

    Args:
        live: the number of the version that is live now.
        champion: that of the one that it was compared with; None when nothing was live.
    """
    if live == champion:
        return Verdict(True, f"Version {live} is live, as it was when they were compared.")
    then = f"version {champion} was" if champion else "nothing was"
    return Verdict(False, f"version {live} is live now, but {then} when the model was compared with what is live")


def may_replace(partition: str, live: str | None) -> Verdict:
    """Say whether a model of one partition may replace the live one. Dates in ISO form compare as dates."""
    if live is not None and partition < live:
        return Verdict(
            False, f"The live model is of partition {live}: {partition} is older, and older never replaces newer."
        )
    return Verdict(True, f"Partition {partition} is not older than the live one.")
