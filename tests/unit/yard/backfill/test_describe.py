"""Finding a model's DAG: by the file that names it, and where none does, among all there are."""

import sys
from pathlib import Path

import pytest

from yard.backfill.describe import describe

DAG = """
from airflow.sdk import DAG, BaseOperator

class Resolve(BaseOperator):
    def __init__(self, spec, **kwargs):
        super().__init__(**kwargs)
        self.spec = spec

for length in ("daily", "weekly"):
    with DAG("{model}_" + length):
        Resolve(task_id="resolve_run", spec=length)
"""


@pytest.fixture
def dags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of DAGs."""
    monkeypatch.setattr("airflow.settings.DAGS_FOLDER", str(tmp_path))
    monkeypatch.setattr(sys, "path", [*sys.path])
    return tmp_path


@pytest.mark.parametrize("file", ["named.py", "generated.py", "teams/growth/generated.py"])
def test_a_dag_is_found_wherever_its_file_lies_and_however_its_id_is_made(dags: Path, file: str) -> None:
    (dags / file).parent.mkdir(parents=True, exist_ok=True)
    (dags / file).write_text(DAG.format(model="churn") + ("# churn_weekly" if file == "named.py" else ""))
    assert describe("churn_weekly")["spec"] == "weekly"


def test_where_there_is_none_the_files_that_cannot_be_read_are_named(dags: Path) -> None:
    (dags / "broken.py").write_text("from airflow import DAG\n1 / 0\n")
    told = describe("churn_weekly")
    assert told["error"] == "There is no DAG churn_weekly."
    assert told["remedy"] == "broken.py: ZeroDivisionError: division by zero"
