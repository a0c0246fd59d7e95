"""The forms of the DAGs that there are, asked as Airflow's REST API asks them: what it refuses is answered with 400."""

from typing import Any

from airflow.exceptions import ParamValidationError
from airflow.serialization.definitions.param import SerializedParam, SerializedParamsDict

MODELS = ["recommender", "lead_scoring", "lead_scoring_daily"]
INJECTIONS = ["{{ ds }}", "'; DROP TABLE shop.interactions; --", "../../code", "s3://other/", "a\nb", ""]
WRONG: list[tuple[str, Any]] = [
    *(("partition", value) for value in (20260202, ["2026-02-02"], "2026-02-30", "02.02.2026", *INJECTIONS)),
    *(("code_version", value) for value in ("..", ".hidden", "abc\n", 7, "a" * 65, *INJECTIONS)),
    *(("only", value) for value in ("2026-02-02", ["2026-02-02"] * 1001, *([value] for value in INJECTIONS))),
    *(("warm_start", value) for value in ("a-job", ["a"] * 6, [f"a{40 * '-'}b"], *([value] for value in INJECTIONS))),
    *((name, value) for name in ("tune", "rebuild", "release", "compare_older") for value in ("yes", 1, "")),
    *(("epochs", value) for value in (0, 2.5, "3", True, 10**30, "{{ 1 }}")),
    *((name, 10**7 * "x") for name in ("partition", "code_version", "tune", "lr")),
    *(("lr", value) for value in ("{{ 1 }}", [0.1], 0, 1)),
]


def asked(dag: dict[str, Any], conf: dict[str, Any]) -> dict[str, Any]:
    """The fields that a run of this DAG would have: what REST, the CLI, a backfill and each task do with a form."""
    params = {name: SerializedParam(dag["defaults"][name], **schema) for name, schema in dag["params"].items()}
    return dict(SerializedParamsDict(params).deep_merge(conf).validate())


def test_every_field_is_described(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        assert all(dag["descriptions"].values()), dag["file"]


def test_an_empty_form_is_a_form_and_neither_searches_nor_rebuilds(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        assert asked(dag, {}) == dag["defaults"]
    chosen = asked(dags["recommender"], {})
    assert chosen["release"]
    assert not any(chosen[name] for name in ("tune", "release_backfill", "compare_older", "rebuild", "partition"))


def test_every_model_has_the_fields_of_a_backfill(dags: dict[str, Any]) -> None:
    for model in MODELS:
        form = dags[model]["params"]
        assert {form[name]["section"] for name in ("partition", "only", "code_version", "rebuild")} == {"What"}
        assert ("compare_older" in form) == ("release" in form)


def refusal(dag: dict[str, Any], conf: dict[str, Any]) -> str:
    """What REST answers with 400; empty when it takes the form."""
    try:
        asked(dag, conf)
    except ParamValidationError as refused:
        return str(refused)
    return ""


def test_jinja_sql_paths_ten_megabytes_and_wrong_types_are_refused_by_the_name_of_the_field(
    dags: dict[str, Any],
) -> None:
    said = [(field, str(value)[:60], refusal(dags["recommender"], {field: value})) for field, value in WRONG]
    assert [one[:2] for one in said if not one[2].startswith(f"Invalid input for param {one[0]}:")] == []


def test_what_is_right_is_taken_as_it_was_written(dags: dict[str, Any]) -> None:
    conf = {"partition": "2026-02-02", "code_version": "3f9c2a1b7d.1_x", "tune": True, "warm_start": ["lead-a1"],
            "epochs": 3, "lr": 0.01, "rebuild": True, "compare_older": True, "only": ["2026-02-02"]}  # fmt: skip
    assert asked(dags["recommender"], conf) == dags["recommender"]["defaults"] | conf


def test_a_schedule_names_the_partitions_that_the_first_task_knows(dags: dict[str, Any]) -> None:
    described = [dag["partitions"] for dag in dags.values() if dag["partitions"]]
    assert described
    for scheduled, known in described:
        assert scheduled == known
