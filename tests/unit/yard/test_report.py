"""The report: what is in it, and that each of its forms says it."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from tests.unit.yard.support import FakeAirflow, task
from yard import report_html, report_text
from yard.failure import Failure
from yard.report import Report, Step, figures

BEGAN = datetime(2026, 2, 9, 8, 0, tzinfo=UTC)

GOOD = Report(
    model="recommender",
    run="yard__1",
    state="success",
    partition="2026-02-02",
    started=BEGAN,
    run_seconds=185.0,
    total_seconds=214.0,
    steps=[
        Step("prepare.unload", "success", 3.2, 1, {"rows": 1000209}),
        Step("learn.train", "success", 64.0, 2, {}),
        Step("learn.tune", "skipped", None, 1, {}, "The form does not ask for a search."),
    ],
    metrics={"challenger": {"hr@10": 0.69123, "ndcg@10": 0.4149}, "popularity": {"hr@10": 0.4512}},
    verdict={"accepted": True, "reason": "ndcg@10 0.4149 reaches the wanted 0.1000."},
    live={
        "endpoint": "recommender",
        "status": "InService",
        "config": "recommender-v3-abc",
        "model_version": "3",
        "model_package": "arn",
        "partition": "2026-02-02",
    },
    request={"user": "josé"},
    answer={"user": "josé", "items": ["<b>東京</b>"], "model_version": "3"},
    failure=None,
    run_page="http://127.0.0.1:8080/dags/recommender/runs/yard__1",
    loaded={"rows": 1000209, "weeks": 26},
)
BAD = replace(
    GOOD,
    state="failed",
    metrics={},
    verdict={},
    live={},
    request={},
    answer={},
    failure=Failure("learn.train", "JobFailed: [Errno 28] <no space>", "/logs/attempt=1.log", "http://page", ("a",)),
)


def text(report: Report) -> str:
    out = io.StringIO()
    report_text.show(report, {"report": "r.html"}, Console(file=out, width=200, highlight=False))
    return out.getvalue()


@pytest.mark.parametrize("form", [text, report_html.render])
def test_a_good_run_is_told_whole(form: Any) -> None:
    said = form(GOOD)
    for needed in (
        "recommender", "2026-02-02", "succeeded", "prepare.unload", "3.2 s", "1,000,209", "1 min 04 s", "try 2",
        "0.6912", "0.4149", "0.4512", "popularity", "reaches the wanted", "ask for a search", "version 3", "josé",
        "3 min 34 s", GOOD.run_page,
    ):  # fmt: skip
        assert needed in said


@pytest.mark.parametrize("form", [text, report_html.render])
def test_a_failed_run_names_step_reason_and_log(form: Any) -> None:
    said = form(BAD)
    for needed in ("failed", "learn.train", "Errno 28", "/logs/attempt=1.log", "http://page", "nothing"):
        assert needed in said


def test_what_a_job_or_a_model_says_cannot_break_the_page_or_the_terminal() -> None:
    page = report_html.render(replace(GOOD, failure=BAD.failure))
    assert "<b>東京" not in page
    assert "<no space>" not in page
    assert "[Errno 28]" in text(BAD)  # rich would take it for markup
    assert "<b>東京</b>" in text(GOOD)


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = report_html.render(GOOD)
    assert "src=" not in page
    assert "@import" not in page
    assert 'rel="stylesheet"' not in page


def test_the_json_of_a_report_can_be_read_back() -> None:
    kept = json.loads(json.dumps(GOOD.to_json(), default=str))
    assert kept["metrics"]["challenger"]["hr@10"] == 0.69123
    assert kept["steps"][0]["figures"] == {"rows": 1000209}


def test_figures_are_the_numbers_and_never_the_texts() -> None:
    result = {"rows": 5, "uri": "s3://b/k", "token": "secret", "changed": True, "facts": {"users": 2, "name": "x"}}
    assert figures(result) == {"rows": 5, "users": 2}
    assert figures("text") == figures(None) == figures([1]) == {}


def test_steps_stand_in_the_order_of_the_work() -> None:
    airflow = FakeAirflow()
    airflow.downstream = {"a_train": ["judge"], "z_unload": ["a_train"], "judge": []}
    airflow.tasks = [task(name, "success", started=BEGAN, ended=BEGAN + timedelta(1)) for name in airflow.downstream]
    order = airflow.api().task_order("recommender")
    assert order == ["z_unload", "a_train", "judge"]
