"""Makes Trainyard known to Airflow. The library beside it is imported by DAGs, workers and the triggerer."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Later:
    """An ASGI application that is imported by its first request: every Airflow process loads plugins, one serves them.

    Args:
        module: that has the application as ``app``.
    """

    def __init__(self, module: str) -> None:
        self.module = module

    async def __call__(
        self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        """Answer a request."""
        await import_module(self.module).app(scope, receive, send)


class TrainyardPlugin(AirflowPlugin):
    """What Trainyard adds to Airflow."""

    name = "trainyard"
    fastapi_apps = [  # noqa: RUF012 - as Airflow declares it
        {"app": Later("trainyard.web.ledger"), "url_prefix": "/trainyard", "name": "trainyard"}
    ]
