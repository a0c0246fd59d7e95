from pathlib import Path

import pytest

from tests.end_to_end.pipeline import deployed, migrated
from tests.support import LocalAwsForTests


@pytest.fixture(scope="session")
def outputs(local_aws: LocalAwsForTests) -> dict[str, str]:
    """The stack, the released code, and a small shop in the warehouse."""
    return deployed(local_aws)


@pytest.fixture(scope="session")
def airflow_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An Airflow database with all its tables, to be copied."""
    return migrated(tmp_path_factory.mktemp("migrated"))


@pytest.fixture(scope="module")
def airflow_home(airflow_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home for an Airflow of a module's own, its database made."""
    home = tmp_path_factory.mktemp("airflow")
    (home / airflow_database.name).write_bytes(airflow_database.read_bytes())
    return home
