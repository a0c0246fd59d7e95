"""The Redshift Data API (botocore's ``redshift-data``)."""

from collections.abc import Sequence

from local_aws.service import Service
from local_aws.services.redshift_data.api.catalog import CatalogApi
from local_aws.services.redshift_data.api.execute import ExecuteApi
from local_aws.services.redshift_data.api.fetch import FetchApi
from local_aws.services.redshift_data.results import Results
from local_aws.services.redshift_data.runner import Runner
from local_aws.services.redshift_data.statements import Statements
from local_aws.services.redshift_data.warehouse.engine import Engine
from local_aws.world import World


class RedshiftData(Service):
    """SQL that runs: databases under ``<state>/redshift``, statements and results beside them."""

    name = "redshift-data"
    owns_all = True

    def __init__(self, world: World) -> None:
        folder = world.root / "redshift"
        self._results = Results(folder / "results")
        self._statements = Statements(world.state, self._results)
        self._engine = Engine(folder)
        self._runner = Runner(self._engine, world.objects, self._statements, self._results)
        self._handlers = [
            ExecuteApi(self._runner, self._statements),
            FetchApi(self._statements, self._results),
            CatalogApi(self._runner, self._engine),
        ]

    def handlers(self) -> Sequence[object]:
        """Statements, results, catalog."""
        return self._handlers

    def start(self) -> None:
        """Fail what ran when an earlier process died; forget what is old."""
        self._statements.end_leftovers(
            "ERROR: internal error: local_aws ended while the statement ran; its transaction was rolled back"
        )
        self._statements.forget_old()

    def stop(self) -> None:
        """Interrupt what runs, and close the databases."""
        self._runner.stop()
        self._engine.close()
