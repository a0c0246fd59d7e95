"""The rules of the house, one test each, for every DAG there is."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
VERBS = {
    "announce", "build", "choose", "deploy", "end", "evaluate", "find", "judge", "learn", "load", "prepare", "publish",
    "record", "register", "release", "resolve", "retire", "score", "smoke", "start", "sweep", "train", "unload", "wait",
    "watch",
}  # fmt: skip
#: What a DAG file must not call: each would make parsing depend on a machine, an hour or an account.
IMPURE = {"getenv", "environ", "now", "utcnow", "today", "Variable", "Connection", "client", "open", "urlopen"}


def every_task(dags: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(f"{dag}: {name}", task) for dag, found in dags.items() for name, task in found["tasks"].items()]


def test_every_file_parses_without_account_network_and_database(parsed: dict[str, Any]) -> None:
    assert parsed["errors"] == {}
    assert parsed["dags"]


def test_parsing_imports_nothing_heavy_that_only_a_task_needs(parsed: dict[str, Any]) -> None:
    assert parsed["heavy"] == []


def test_parsing_twice_gives_the_same(parsed: dict[str, Any]) -> None:
    assert parsed["same"]


def test_every_dag_file_holds_a_dag(dags: dict[str, Any]) -> None:
    assert {dag["file"] for dag in dags.values()} == {path.name for path in (ROOT / "dags").glob("*.py")}


@pytest.mark.parametrize("path", sorted((ROOT / "dags").glob("*.py")), ids=lambda path: path.name)
def test_a_dag_file_calls_nothing_that_differs_from_one_machine_or_hour_to_the_next(path: Path) -> None:
    names = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute | ast.Name)
    }
    assert names & IMPURE == set()


def test_file_function_and_dag_have_one_name(dags: dict[str, Any]) -> None:
    for name, dag in dags.items():
        source = ast.parse((ROOT / "dags" / dag["file"]).read_text(encoding="utf-8"))
        functions = [node.name for node in source.body if isinstance(node, ast.FunctionDef)]
        assert dag["file"] == f"{name}.py"
        assert functions == [name]
        assert SNAKE_CASE.fullmatch(name)


def test_tasks_and_groups_are_verbs(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        for name in [*dag["groups"], *dag["tasks"]]:
            last = name.rpartition(".")[2]
            assert SNAKE_CASE.fullmatch(last)
            assert last.partition("_")[0] in VERBS, f"{name} is no verb, or a new one: add it if it is"


def test_the_manual_of_a_dag_is_its_docstring_and_tells_how_to_run_and_to_backfill_it(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        docstring = ast.get_docstring(ast.parse((ROOT / "dags" / dag["file"]).read_text(encoding="utf-8")), clean=False)
        assert dag["doc"].strip() == (docstring or "").strip()
        assert re.search(r"by hand", dag["doc"], re.IGNORECASE)
        assert "yard backfill" in dag["doc"] or "airflow backfill create" in dag["doc"]


def test_every_field_of_a_form_has_a_title_and_a_place(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        for name, schema in dag["params"].items():
            assert schema.get("title"), name
            assert schema.get("section"), name


def test_every_number_in_a_form_has_limits(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        for name, schema in dag["params"].items():
            types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            if {"integer", "number"} & set(types):
                assert {"minimum", "maximum"} <= set(schema), name


def test_every_dag_is_tagged_with_its_kind_and_its_model(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        kinds = {"loading", "features", "model", "scoring", "follow", "monitor", "upkeep"} & set(dag["tags"])
        assert len(kinds) == 1
        assert len(dag["tags"]) == 2


def test_history_is_never_caught_up_unasked_and_one_run_goes_at_a_time(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        assert dag["catchup"] is False
        assert dag["max_active_runs"] == 1


def test_every_task_is_ours_or_a_plain_function(dags: dict[str, Any]) -> None:
    for name, task in every_task(dags):
        assert task["module"].startswith("trainyard.") or task["type"] == "_PythonDecoratedOperator", name


def test_every_task_retries_what_passes_and_nothing_else(dags: dict[str, Any]) -> None:
    for name, task in every_task(dags):
        assert task["retries"] >= 1, name
        assert task["retry_policy"] == "RetryWhatPasses", name


def test_every_cluster_that_is_started_is_ended(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        roles = [task["role"] for name, task in dag["tasks"].items() if task["role"] and name != "record"]
        assert roles.count("setup") == roles.count("teardown")


def test_every_run_of_a_model_is_recorded_after_everything_else(dags: dict[str, Any]) -> None:
    for name, dag in dags.items():
        if {"model", "scoring"} & set(dag["tags"]):
            assert dag["tasks"]["record"]["role"] == "teardown", name


def test_the_assets_of_a_model_are_named_after_it_and_come_from_where_they_are_made(dags: dict[str, Any]) -> None:
    for name, dag in dags.items():
        if "model" in dag["tags"]:
            outlets = {task: found["outlets"] for task, found in dag["tasks"].items() if found["outlets"]}
            scores = {"release.publish_scores": [f"{name}_scores"]} if "release.publish_scores" in dag["tasks"] else {}
            made = {"prepare.build_examples": [f"{name}_examples"], "release.deploy": [f"{name}_live"]}
            assert outlets == made | scores


def test_what_does_not_train_tells_nobody_of_training_data(dags: dict[str, Any]) -> None:
    for name, dag in dags.items():
        if "scoring" in dag["tags"]:
            told = [outlet for task in dag["tasks"].values() for outlet in task["outlets"]]
            assert not [outlet for outlet in told if outlet.endswith(("_examples", "_live"))], name


def test_nothing_uses_the_logical_date(parsed: dict[str, Any]) -> None:
    # A run by hand, by REST or by an asset has none.
    assert not re.search(r"\{\{\s*(ds|ts|logical_date|execution_date|data_interval)", parsed["serialized"])


def test_only_the_plugin_is_loaded_as_a_plugin(parsed: dict[str, Any]) -> None:
    assert (ROOT / "plugins" / ".airflowignore").read_text(encoding="utf-8").splitlines()[-1] == "trainyard/"
    assert "trainyard" in parsed["plugins"]
