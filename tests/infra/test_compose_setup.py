"""What Compose does before Airflow starts: stack, code, data and Variable, once and again."""

import json
from pathlib import Path

import pytest

from infra import compose_setup
from tests.infra.stack import outputs
from tests.support import client
from trainyard.settings import Settings
from yard import demo
from yard.clients import Aws
from yard.warehouse import Warehouse

SMALL = {"rows": 4_000, "users": 200, "items": 120, "weeks": 6, "seed": 7}


def rows_in_warehouse(url: str, outputs: dict[str, str]) -> int:
    """The rows of the shop's table, as the warehouse counts them."""
    ((rows,),) = Warehouse(Aws(url), outputs).query("SELECT count(*) FROM shop.interactions", "count the rows")
    return int(rows)


def test_everything_is_there_afterwards_and_doing_it_again_changes_nothing(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "_SHOP", SMALL)
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    compose_setup.main(first, url)
    rows = rows_in_warehouse(url, outputs(url))
    compose_setup.main(second, url)
    assert first.read_text() == second.read_text()
    assert rows_in_warehouse(url, outputs(url)) == rows == SMALL["rows"]
    settings = Settings.from_json(json.loads(first.read_text())["trainyard"])
    client(url, "s3").head_object(Bucket=settings.bucket, Key="code/current.json")
