"""A new model begins as a copy that works; what is there is left alone."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from yard.errors import YardError
from yard.new_model import TEMPLATES, lay_out, write

ROOT = Path(__file__).parents[3]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The models that others begin as, and nothing else: this checkout may hold a model of any other name."""
    for file in (file for template in TEMPLATES.values() for file in template.files):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def test_all_files_of_a_model_are_written_under_its_name(checkout: Path) -> None:
    written = write(checkout, "next_basket")
    assert [str(path) for path in written] == [
        "dags/next_basket.py",
        "sql/next_basket/interactions.sql",
        "spark_jobs/next_basket/build_examples.py",
        "tests/spark/test_next_basket.py",
        "tests/dags/graphs/next_basket.txt",
    ]
    dag = (checkout / "dags/next_basket.py").read_text()
    assert "recommender" not in dag
    assert 'Serving("next-basket"' in dag
    assert [node.name for node in ast.parse(dag).body if isinstance(node, ast.FunctionDef)] == ["next_basket"]
    assert (ast.get_docstring(ast.parse(dag)) or "").startswith("What next_basket learns")


def test_a_model_of_boosted_trees_begins_as_lead_scoring(checkout: Path) -> None:
    written = write(checkout, "churn", "lead_scoring")
    assert [str(path) for path in written] == [
        "dags/churn.py",
        "dags/churn_daily.py",
        "dags/model_specs/churn.py",
        "sql/churn/examples.sql",
        "sql/churn/leads.sql",
        "spark_jobs/churn/encode_leads.py",
        "tests/spark/test_churn.py",
        "tests/dags/graphs/churn.txt",
        "tests/dags/graphs/churn_daily.txt",
    ]
    spec = (checkout / "dags/model_specs/churn.py").read_text()
    assert 'folder="lead_scoring"' in spec, "the algorithm's folder is shared"
    assert 'Serving("churn"' in spec
    assert '"churn/examples.sql"' in spec
    assert "marketing.churn_scores_daily" in spec
    assert (ast.get_docstring(ast.parse(spec)) or "").startswith("What the DAGs of churn share")
    assert '_EXAMPLES, _LEADS = "churn/examples.sql", "churn/leads.sql"' in spec, "the SELECT of leads keeps its name"
    assert "CHURN_DAILY = replace(\n    CHURN," in spec
    for dag in ("churn", "churn_daily"):
        text = (checkout / f"dags/{dag}.py").read_text()
        assert "from model_specs.churn import CHURN" in text
        assert "lead" not in text.lower(), dag
        assert [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)] == [dag]
    assert "from spark_jobs.churn import encode_leads" in (checkout / "tests/spark/test_churn.py").read_text()


@pytest.mark.parametrize("like", TEMPLATES)
@pytest.mark.parametrize("name", ["ab", "x" * 32])
def test_the_files_of_a_model_are_laid_out_as_the_linter_wants_however_long_its_name(
    checkout: Path, name: str, like: str
) -> None:
    shutil.copy(ROOT / "pyproject.toml", checkout)
    lay_out(checkout, write(checkout, name, like))
    # The order of imports goes by the folders of the whole repository, which are not here.
    for rule in (["check", "--ignore", "I001"], ["format", "--check"]):
        argv = [sys.executable, "-m", "ruff", *rule, "--no-cache", "."]
        ended = subprocess.run(argv, cwd=checkout, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout


def test_a_model_that_there_is_not_cannot_be_begun_with(checkout: Path) -> None:
    with pytest.raises(YardError, match="no model 'forecast' to begin with"):
        write(checkout, "churn", "forecast")


def test_nothing_is_written_when_one_file_is_there_already(checkout: Path) -> None:
    (checkout / "sql/churn").mkdir()
    (checkout / "sql/churn/interactions.sql").write_text("SELECT 1")
    with pytest.raises(YardError, match=r"There already is sql/churn/interactions\.sql"):
        write(checkout, "churn")
    assert not (checkout / "dags/churn.py").exists()
    assert (checkout / "sql/churn/interactions.sql").read_text() == "SELECT 1"


@pytest.mark.parametrize("name", ["", "c", "Churn", "1st", "kündigung", "a-b", "x" * 33, "../churn", "class"])
def test_a_name_that_will_not_do_is_refused(checkout: Path, name: str) -> None:
    with pytest.raises(YardError, match=r"cannot name a model|word of Python"):
        write(checkout, name)
