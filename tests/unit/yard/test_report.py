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
from yard.scored import Scored
from yard.trials import Trial, Trials

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

SCORED = replace(
    GOOD,
    model="lead_scoring",
    request="41,1,999,0",
    answer="0.0312",
    loaded={"rows": 60_000, "best attainable AUC": 0.86804},
    trials=Trials(
        "validation:auc",
        (
            Trial(1, "Completed", 0.81, {"eta": 0.2, "max_depth": 5}, "job-1"),
            Trial(2, "Failed", None, {"eta": 3.1e-05, "max_depth": 4}, "job-2"),
            Trial(3, "Stopped", 0.83, {"eta": 0.123456, "max_depth": 3}, "job-3"),
        ),
    ),
    scored=Scored(
        "marketing.lead_scores", "2026-02-02", 2345, ("lead_id", "score"), (("<i>lead-1</i>", 0.97123), ("lead-2", 0.9))
    ),
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


@pytest.mark.parametrize("form", [text, report_html.render])
def test_scores_are_told_with_their_table_and_the_highest_of_them(form: Any) -> None:
    said = form(SCORED)
    for needed in ("2,345 rows in marketing.lead_scores, partition 2026-02-02", "lead-2", "0.9712", "0.8680"):
        assert needed in said


@pytest.mark.parametrize("form", [text, report_html.render])
def test_scores_that_cannot_be_read_are_told_with_the_reason(form: Any) -> None:
    said = form(replace(SCORED, scored=Scored("marketing.gone", "2026-02-02", error="there is no such table")))
    assert "cannot be read: there is no such table" in said


@pytest.mark.parametrize("form", [text, report_html.render])
def test_a_request_and_an_answer_of_csv_are_told_as_they_were_sent(form: Any) -> None:
    said = form(SCORED)
    assert "41,1,999,0" in said
    assert '"41' not in said
    assert "0.0312" in said


def test_the_terminal_has_the_best_trials_with_what_they_tried() -> None:
    lines = [line.split() for line in text(SCORED).splitlines()]
    assert ["best", "trials", "validation:auc", "eta", "max_depth", "state"] in lines
    assert ["3", "of", "3", "0.8300", "0.1235", "3", "Stopped"] in lines
    assert ["1", "of", "3", "0.8100", "0.2", "5", "Completed"] in lines
    assert not any("Failed" in line for line in lines)


def test_the_page_draws_each_trial_and_says_in_words_what_the_plot_shows() -> None:
    page = report_html.render(SCORED)
    assert page.count("<circle") == 2
    assert 'role="img"' in page
    assert "3 trials, 2 with an objective. The best is" in page
    assert "<title>Trial 3: 0.8300, Stopped</title>" in page
    assert "<title>Trial 2: Failed, no objective</title>" in page
    assert "3.1e-05" in page


def test_a_search_without_any_objective_has_a_table_and_no_plot() -> None:
    assert SCORED.trials is not None
    page = report_html.render(replace(SCORED, trials=Trials("auc", (SCORED.trials.trials[1],))))
    assert "<svg" not in page
    assert "3.1e-05" in page


def test_a_run_that_did_not_search_or_score_says_nothing_of_it() -> None:
    for said in (text(GOOD), report_html.render(GOOD)):
        assert "trials" not in said.lower()
        assert "scores" not in said


def test_the_json_keeps_trials_and_scores() -> None:
    kept = json.loads(json.dumps(SCORED.to_json(), default=str))
    assert kept["trials"]["trials"][2]["objective"] == 0.83
    assert kept["scored"]["examples"][1] == ["lead-2", 0.9]
    assert kept["request"] == "41,1,999,0"


def test_the_time_from_step_to_step_is_told_where_there_are_steps() -> None:
    assert "0.21 s from step to step (median)" in text(replace(GOOD, gap_seconds=0.2123))
    assert "from step to step" not in text(GOOD)
