"""Challenger, champion and the best single column, on the same rows, each model with its own encoding."""

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.training.lead_scoring.conftest import Run

PROGRAM = Path(__file__).parents[3] / "training_jobs" / "lead_scoring" / "evaluate.py"


def evaluated(run: Run, monkeypatch: pytest.MonkeyPatch, *more: object) -> dict[str, Any]:
    arguments = ["--examples", run.folder, "--output", run.folder / "out", *more]
    monkeypatch.setattr(sys, "argv", [str(PROGRAM), *map(str, arguments)])
    monkeypatch.setenv("SM_OUTPUT_DIR", str(run.folder))
    runpy.run_path(str(PROGRAM), run_name="__main__")
    found: dict[str, Any] = json.loads((run.folder / "out" / "evaluation.json").read_text())
    return found


def test_a_first_model_is_compared_with_the_best_single_column(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    found = evaluated(run, monkeypatch, "--challenger", run.model("new", [0, 1]))
    assert found["champion"] is None
    assert found["baseline_name"] == "job alone"
    assert 0.5 < found["baseline"]["auc"] < found["challenger"]["auc"] < 1
    assert found["rows"] == 200


def test_the_champion_sees_the_rows_through_its_own_encoding(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same model under other columns' places: with its own encoding it is as good as it was."""
    challenger, champion = run.model("new", [0, 1]), run.model("old", [1, 0])
    theirs = Run(run.folder / "former")
    own = theirs.encoding(
        [
            {"name": "job", "kind": "category", "values": {"miner": 0.6, "clerk": 0.4}, "other": 0.5},
            {"name": "age", "kind": "number"},
        ]
    )
    found = evaluated(run, monkeypatch, "--challenger", challenger, "--champion", champion, "--champion-encoding", own)
    assert found["champion"]["auc"] == pytest.approx(found["challenger"]["auc"], abs=0.01)


def test_a_column_that_there_is_no_more_is_missing_for_the_champion(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = Run(run.folder / "former")
    own = theirs.encoding([{"name": "age", "kind": "number"}, {"name": "gone", "kind": "number"}])
    models = ["--challenger", run.model("new", [0, 1]), "--champion", run.model("old", [0, 1])]
    found = evaluated(run, monkeypatch, *models, "--champion-encoding", own)
    assert found["champion"]["auc"] < found["challenger"]["auc"]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("no encoding of the champion", "no --champion-encoding"),
        ("an encoding of another run", "not of one run"),
        ("no model", "holds no xgboost-model"),
        ("no rows", "holds no rows"),
        ("other columns", "has 2 columns, its encoding 3 with the label"),
    ],
)
def test_what_cannot_be_measured_is_said(
    broken: str, words: str, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = run.model("new", [0, 1])
    more: list[object] = ["--challenger", model]
    if broken == "no encoding of the champion":
        more += ["--champion", model]
    elif broken == "an encoding of another run":
        more = ["--challenger", run.model("narrow", [0])]
    elif broken == "no model":
        model.write_bytes(b"nothing")
    elif broken == "no rows":
        (run.folder / "test" / "part-0.csv").write_text("")
    else:
        run.write("test", [["1", "2"]])
    with pytest.raises(SystemExit):
        evaluated(run, monkeypatch, *more)
    assert words in capsys.readouterr().err
    assert words in (run.folder / "message").read_text()
