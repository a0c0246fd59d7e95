"""The documents say what is there: generated pages are current, links lead somewhere, commands exist."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs import build_local_aws

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
#: Paths of this repository, as documents name them in backticks.
PATH = re.compile(
    r"`((?:dags|plugins|sql|spark_jobs|training_jobs|containers|infra|local_aws|yard|bench|tests|docs)/[\w./-]*)`"
)


def name(page: Path) -> str:
    """How a page is called in a test's name."""
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_to_files(page: Path) -> None:
    targets = [link.partition("#")[0] for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert [target for target in targets if target and not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_named_paths_exist(page: Path) -> None:
    named = PATH.findall(page.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_named_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {(name(page), target) for page in PAGES for target in re.findall(r"`make ([a-z-]+)", page.read_text())}
    blocks = re.compile(r"^make ([a-z-]+)", re.MULTILINE)
    named |= {(name(page), target) for page in PAGES for target in blocks.findall(page.read_text(encoding="utf-8"))}
    assert named
    assert {(page, target) for page, target in named if target not in targets} == set()


def test_named_yard_commands_exist() -> None:
    argv = [sys.executable, "-m", "yard", "--help"]
    told = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=ROOT)
    named = {command for page in PAGES for command in re.findall(r"-m yard ([a-z-]+)", page.read_text())}
    assert named
    assert {command for command in named if not re.search(rf"\b{command}\b", told.stdout)} == set()


def test_the_variables_that_the_page_of_local_aws_exports_are_all_that_boto3_needs() -> None:
    page = (ROOT / "docs" / "local-aws.md").read_text(encoding="utf-8")
    exported = re.findall(r"^export (.+)$", page, re.MULTILINE)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    told = dict(pair.split("=", 1) for line in exported for pair in line.split())
    argv = [sys.executable, "-c", "import boto3; print(boto3.client('redshift-data').meta.endpoint_url)"]
    ended = subprocess.run(
        argv, env={**clean, **told, "AWS_CONFIG_FILE": os.devnull}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() == told["AWS_ENDPOINT_URL"]


def test_the_pages_of_the_dags_are_what_the_dags_say(tmp_path: Path) -> None:
    # In a process of its own: Airflow writes to AIRFLOW_HOME as soon as it is imported, and reads its settings once.
    pages, clean = tmp_path / "dags", {name: value for name, value in os.environ.items() if "AIRFLOW" not in name}
    argv = [sys.executable, "-m", "docs.build_dags", str(pages)]
    subprocess.run(argv, check=True, cwd=ROOT, env={**clean, "AIRFLOW_HOME": str(tmp_path)}, capture_output=True)
    told = {path.name: path.read_text(encoding="utf-8") for path in pages.iterdir()}
    written = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "dags").iterdir()}
    assert written == told, "run: python -m docs.build_dags"


def test_the_page_of_local_aws_lists_the_operations_that_it_answers() -> None:
    written = build_local_aws.PAGE.read_text(encoding="utf-8")
    assert written == build_local_aws.page(written), "run: python -m docs.build_local_aws"


def test_the_readme_fits_two_screens() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 100


def test_every_decision_says_what_would_violate_it() -> None:
    pages = list((ROOT / "docs" / "adr").glob("0*.md"))
    assert pages
    index = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    for page in pages:
        text = page.read_text(encoding="utf-8")
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert headings == ["Context", "Decision", "A change violates this when it", "Evidence"], page.name
        assert page.name in index


def test_every_benchmark_is_in_their_list() -> None:
    listed = (ROOT / "bench" / "README.md").read_text(encoding="utf-8")
    files = {path.name for path in (ROOT / "bench").glob("*.py") if path.name != "__init__.py"}
    assert files == set(re.findall(r"\]\((\w+\.py)\)", listed))
