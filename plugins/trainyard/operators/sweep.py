"""Find what belongs to no live task, and stop it when asked to."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from trainyard.aws.belongings import endpoints, models_with_configs, running
from trainyard.aws.jobs import Jobs
from trainyard.aws.places import remove, unfinished
from trainyard.catalog import kind_of
from trainyard.errors import AwsFailure
from trainyard.leftovers import leftovers
from trainyard.operators.retire import dispensable, retire
from trainyard.prices import STORED, hourly

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from trainyard.aws.runtime import Runtime
    from trainyard.leftovers import Found
    from trainyard.owners import Owner

log = logging.getLogger(__name__)

#: States of a task that may still need what it has started.
ALIVE = ["scheduled", "queued", "running", "restarting", "deferred", "up_for_retry", "up_for_reschedule"]
RUN_ALIVE = ["queued", "running"]


class Sweep:
    """One look at the account.

    Args:
        runtime: the surroundings of the task that looks.
        stop: whether to stop and delete what is found.
        older_than: what is younger is left alone.
        unpublished_for: places without a manifest are left alone for this long.
        keep: how many idle endpoint configs of each model stay.
    """

    def __init__(
        self, runtime: Runtime, *, stop: bool, older_than: timedelta, unpublished_for: timedelta, keep: int
    ) -> None:
        self.runtime = runtime
        self.aws, self.bucket = runtime.aws, runtime.settings.bucket
        self.stop = stop
        self.older_than = older_than.total_seconds()
        self.unpublished_for = unpublished_for.total_seconds()
        self.keep = keep

    def sweep(self) -> list[dict[str, Any]]:
        """Look at everything; return a line for each thing, with what was done about it."""
        return [*self._jobs(), *self._endpoints(), *self._versions(), *self._places()]

    def _jobs(self) -> list[dict[str, Any]]:
        left = leftovers(running(self.aws, self.runtime.settings), self._lives,
                         bucket=self.bucket, now=time.time(), older_than=self.older_than)  # fmt: skip
        return [
            self._line(
                item.found,
                item.why,
                self._do(item.found.name, partial(self._end, item.found)) if item.sure else "left alone",
            )
            for item in left
        ]

    def _endpoints(self) -> list[dict[str, Any]]:
        """Endpoints whose DAG nobody knows. Only a person deletes an endpoint: something may be calling it."""
        return [
            self._line(
                found, f"Airflow knows no run of {found.tags.get('trainyard:dag')}", "left alone: it is a person's"
            )
            for found in endpoints(self.aws)
            if found.tags.get("trainyard:bucket") == self.bucket
            and self.runtime.ti.get_dr_count(dag_id=found.tags.get("trainyard:dag", "")) == 0
        ]

    def _versions(self) -> list[dict[str, Any]]:
        client, lines = self.aws.client("sagemaker"), []
        for model in models_with_configs(self.aws, self.bucket):
            gone = dispensable(client, model, self.keep)
            names = [*gone.endpoint_configs, *gone.models]
            if names:
                done = self._do(model, partial(retire, self.aws, model, self.keep), "deleted")
                why = f"no endpoint uses it, and {self.keep} newer ones remain"
                lines += [{"kind": "version", "name": name, "why": why, "done": done} for name in names]
        return lines

    def _places(self) -> list[dict[str, Any]]:
        client = self.aws.client("s3")
        lines = []
        for place in unfinished(client, self.bucket, before=time.time() - self.unpublished_for):
            done = self._do(place.prefix, partial(remove, client, self.bucket, place), "deleted")
            lines.append({
                "kind": "place", "name": f"s3://{self.bucket}/{place.prefix}", "since": _moment(place.newest),
                "why": "no manifest was published, so nobody may read it", "done": done,
                "monthly": round(place.size / 1e9 * STORED, 4), "bytes": place.size,
            })  # fmt: skip
        return lines

    def _lives(self, owner: Owner, whole_run: bool) -> bool:
        ti = self.runtime.ti
        run = {"dag_id": owner.dag, "run_ids": [owner.run]}
        run_lives = ti.get_dr_count(**run, states=RUN_ALIVE) > 0
        if whole_run:
            return bool(run_lives)
        if ti.get_ti_count(**run, task_ids=[owner.task], states=ALIVE) > 0:
            return True
        # A task that was just cleared has no state until the scheduler has seen it.
        return bool(run_lives and ti.get_ti_count(**run, task_ids=[owner.task], states=["null"]) > 0)

    def _end(self, found: Found) -> None:
        Jobs(kind_of(found.kind), self.aws).stop(found.ref)

    def _do(self, name: str, act: Callable[[], object], done: str = "stopped") -> str:
        if not self.stop:
            return f"would be {done}"
        try:
            act()
        except AwsFailure as failure:
            log.error("%s", failure)
            return f"could not be {done}: {failure}"
        log.info("%s: %s.", name, done)
        return done

    def _line(self, found: Found, why: str, done: str) -> dict[str, Any]:
        price = hourly(found.machines)
        hours = max(0.0, time.time() - found.created) / 3600
        spent = {} if price is None else {"hourly": round(price, 3), "spent": round(price * hours, 2)}
        line = {"kind": found.kind, "name": found.name, "since": _moment(found.created), "why": why, "done": done}
        return line | spent


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
