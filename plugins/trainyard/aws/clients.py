"""Clients, from Airflow's AWS connection. The only place where Trainyard touches boto3."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

CONNECTION = "aws_default"


@dataclass(frozen=True)
class Aws:
    """Where calls go: a connection and a region. Plain data, so a trigger gets the same as its operator."""

    region: str
    connection: str = CONNECTION
    _clients: dict[tuple[str, int], Any] = field(default_factory=dict, repr=False, compare=False)

    def client(self, service: str, *, attempts: int = 5) -> Any:
        """Return a client for a worker.

        Args:
            service: botocore's name.
            attempts: how often botocore sends a call that failed on the way. 1 where repeating it could start a second
                job, because the service knows no token for it.
        """
        if (service, attempts) not in self._clients:
            from botocore.config import Config

            hook = self._hook(service)
            retries = Config(retries={"mode": "standard", "total_max_attempts": attempts})
            client = hook.get_client_type(region_name=self.region, config=hook.config.merge(retries))
            self._clients[service, attempts] = client
        return self._clients[service, attempts]

    @asynccontextmanager
    async def open(self, service: str) -> AsyncIterator[Any]:
        """Open a client for the triggerer. Whoever opens a new one gets the connection's newest credentials."""
        async with await self._hook(service).get_async_conn() as client:  # type: ignore[no-untyped-call]  # Airflow's
            yield client

    def _hook(self, service: str) -> AwsBaseHook:
        # Imported here, since it brings boto3: parsing a DAG would take three times as long, and needs no client.
        from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

        return AwsBaseHook(aws_conn_id=self.connection, client_type=service, region_name=self.region)
