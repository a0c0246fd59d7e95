"""What Compose does before Airflow starts: stack, code, data and Variable, once and again."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from infra import compose_setup
from tests.infra.stack import outputs
from tests.support import client
from trainyard.settings import Settings
from yard import demos
from yard.clients import Aws
from yard.warehouse import Warehouse

SMALL = {
    "recommender": {"rows": 4_000, "users": 200, "items": 120, "weeks": 6, "seed": 7},
    "lead_scoring": {"rows": 2_000, "weeks": 6, "seed": 7},
}


def rows_in_warehouse(url: str, outputs: dict[str, str]) -> dict[str, int]:
    """The rows of each model's table, as the warehouse counts them."""
    warehouse = Warehouse(Aws(url), outputs)
    return {
        model: int(warehouse.query(f"SELECT count(*) FROM {demo.table.name}", "count the rows")[0][0])
        for model, demo in demos.DEMOS.items()
    }


def test_everything_is_there_afterwards_and_doing_it_again_changes_nothing(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for model, sizes in SMALL.items():
        monkeypatch.setitem(demos.DEMOS, model, replace(demos.DEMOS[model], sizes=sizes))
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    compose_setup.main(first, url)
    rows = rows_in_warehouse(url, outputs(url))
    compose_setup.main(second, url)
    assert first.read_text() == second.read_text()
    assert rows_in_warehouse(url, outputs(url)) == rows == {model: sizes["rows"] for model, sizes in SMALL.items()}
    settings = Settings.from_json(json.loads(first.read_text())["trainyard"])
    client(url, "s3").head_object(Bucket=settings.bucket, Key="code/current.json")
