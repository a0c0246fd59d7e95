"""Ask the warehouse a question until it has an answer."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from trainyard.aws.calls import acall
from trainyard.aws.clients import CONNECTION, Aws
from trainyard.catalog import STATEMENT
from trainyard.errors import AwsFailure
from trainyard.kinds import State
from trainyard.triggers.base import Trigger, to_its_end
from trainyard.triggers.patience import Patience, spread

_LOOK_SECONDS = 2.0  # between two looks at one statement; questions to a small table take less


class RowsTrigger(Trigger):
    """Runs a query through the Redshift Data API until it returns rows.

    The event's outcome is ``rows`` (with them), ``none`` (the deadline passed, or ``once``), or ``failed``.

    Args:
        sql: the query. Values come as parameters, never as text.
        parameters: its ``:name`` parameters.
        target: where it runs: the Data API's own parameters.
        region: where.
        interval: seconds between two questions.
        deadline: when to give up, in seconds since 1970.
        once: give up after the first answer.
        connection: Airflow's AWS connection.
    """

    def __init__(
        self,
        *,
        sql: str,
        parameters: dict[str, str],
        target: dict[str, str],
        region: str,
        interval: float,
        deadline: float,
        once: bool = False,
        connection: str = CONNECTION,
    ) -> None:
        super().__init__()
        self.sql = sql
        self.parameters = parameters
        self.target = target
        self.aws = Aws(region, connection)
        self.interval = interval
        self.deadline = deadline
        self.once = once
        self._running: str | None = None

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what another triggerer needs to go on asking."""
        return "trainyard.triggers.rows.RowsTrigger", {
            "sql": self.sql,
            "parameters": self.parameters,
            "target": self.target,
            "region": self.aws.region,
            "interval": self.interval,
            "deadline": self.deadline,
            "once": self.once,
            "connection": self.aws.connection,
        }

    async def wait(self) -> dict[str, Any]:
        """Ask, wait, ask again."""
        patience = Patience(self.interval)
        ended: dict[str, Any] = {}
        while not ended:
            pause = spread(self.interval)
            try:
                async with self.aws.open("redshift-data") as client:
                    rows = await self._ask(client)
                patience.over()
                if isinstance(rows, str):
                    ended = {"outcome": "failed", "reason": rows, "transient": False}
                elif rows or self.once or time.time() >= self.deadline:
                    ended = {"outcome": "rows" if rows else "none", "rows": rows}
            except AwsFailure as failure:
                if not failure.transient or not patience.trouble():
                    ended = {"outcome": "failed", "reason": str(failure), "transient": failure.transient}
                pause = patience.pause()
                self.log.warning("%s", failure)
            if not ended:
                await asyncio.sleep(min(pause, max(0.0, self.deadline - time.time())))
        return ended

    async def _ask(self, client: Any) -> list[list[Any]] | str:
        """Run the query once. Return its rows, or the warehouse's own message when it failed."""
        named = [{"name": name, "value": value} for name, value in self.parameters.items()]
        asked = await acall(client, "execute_statement", self.sql, **self.target, Sql=self.sql,
                            **({"Parameters": named} if named else {}))  # fmt: skip
        self._running = asked["Id"]
        while True:
            found = await acall(client, "describe_statement", asked["Id"], Id=asked["Id"])
            state = STATEMENT.state(found)
            if state is State.SUCCEEDED:
                self._running = None
                reply = await acall(client, "get_statement_result", asked["Id"], Id=asked["Id"])
                return [[_value(field) for field in record] for record in reply["Records"]]
            if state in (State.FAILED, State.STOPPED):
                self._running = None
                return f"{STATEMENT.reason_of(found)} (statement {asked['Id']}: {self.sql})"
            await asyncio.sleep(min(_LOOK_SECONDS, spread(self.interval)))

    async def on_kill(self) -> None:
        """Cancel the question that is being answered."""
        if self._running:
            await to_its_end(self._cancel(self._running))

    async def _cancel(self, statement: str) -> None:
        try:
            async with self.aws.open("redshift-data") as client:
                await acall(client, "cancel_statement", statement, Id=statement)
        except AwsFailure as failure:
            self.log.warning("The query may go on by itself: %s", failure)


def _value(field: dict[str, Any]) -> Any:
    """Return what a field of a record holds: the API wraps each value in the name of its type."""
    return None if field.get("isNull") else next(iter(field.values()))
