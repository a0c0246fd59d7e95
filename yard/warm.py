"""Airflow imported once, its components forked from that: three times less CPU than four ``airflow`` commands.

Importing Airflow with its API takes 12 CPU-seconds, and each of the four components does it. Forked after the import
they share it, in time and in memory: 22 instead of 55 CPU-seconds until all are healthy, measured on two cores.
"""

import asyncio
import importlib
import sys
from typing import Any

#: The commands that ``airflow`` would import for each component, and the API that three of them load on top.
_MODULES = (
    "airflow.__main__",
    "airflow.cli.commands.api_server_command",
    "airflow.cli.commands.scheduler_command",
    "airflow.cli.commands.dag_processor_command",
    "airflow.cli.commands.triggerer_command",
)
_API = "airflow.api_fastapi.main"
#: What DAG files import from elsewhere. A task is a fork of the scheduler and reads its DAG file: 0.2 instead of 0.95
#: CPU-seconds with these there already, some forty times a run. Our own library is not among them: a change of it
#: counts from the next task on.
_LIBRARIES = (
    "aiobotocore.session",
    "airflow.providers.amazon.aws.hooks.base_aws",
    "airflow.providers.standard.decorators.python",
    "airflow.providers.standard.operators.python",
    "boto3",
)

#: The components and their command lines. The log servers of scheduler and triggerer would listen on all addresses of
#: the machine; ours listens on 127.0.0.1.
COMPONENTS: dict[str, list[str]] = {
    "log-server": [],
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}


def import_commands() -> None:
    """Import what every component needs. Airflow reads its environment now, so it must be complete."""
    for module in _MODULES:
        importlib.import_module(module)


def import_api() -> None:
    """Import the API: seconds of building data models, which the components share when they are forked after it."""
    for module in (_API, *_LIBRARIES):
        importlib.import_module(module)


def release_connections() -> None:
    """Close what imports opened: a database connection must not be shared with a forked child."""
    settings: Any = importlib.import_module("airflow.settings")
    if settings.engine is not None:
        settings.engine.dispose()


def migrate() -> None:
    """Create or upgrade the database: ``airflow db migrate``."""
    _command(["db", "migrate"])


def run(component: str, log_port: int) -> None:
    """Become a component; returns when it ends."""
    if component == "log-server":
        uvicorn: Any = importlib.import_module("uvicorn")
        uvicorn.run(
            "airflow.utils.serve_logs.log_server:get_app",
            factory=True,
            host="127.0.0.1",
            port=log_port,
            log_config=None,
            access_log=False,
        )
        return
    if component == "api-server":
        _build_execution_api(sys.modules[_API].app, "/execution/health")
    elif component == "triggerer":
        _build_in_process_api()
    _command(COMPONENTS[component])


def _command(arguments: list[str]) -> None:
    sys.argv = ["airflow", *arguments]
    sys.modules["airflow.__main__"].main()


def _build_execution_api(app: Any, path: str) -> None:
    """Make Airflow build the routes of all versions of its execution API now: it takes 6 CPU-seconds.

    Airflow does so at the first request, which is a task waiting to start, and meanwhile nothing else is answered.
    """
    httpx: Any = importlib.import_module("httpx")

    async def ask() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as client:
            await client.get(path)

    asyncio.run(ask())


def _build_in_process_api() -> None:
    """The same for the triggerer, which has an execution API of its own; else the first deferred task waits for it."""
    api: Any = importlib.import_module("airflow.api_fastapi.execution_api.app").InProcessExecutionAPI
    built = api().app
    _build_execution_api(built, "/health")
    # Every new instance takes the class's app where there is one. Private, hence the question: without the attribute
    # the triggerer works the same, 6 seconds later.
    if hasattr(api, "_app"):
        api._app = built
