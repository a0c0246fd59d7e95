import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainyard.names import TUNING_LIMIT, Identity, aws_name, content_name

SAGEMAKER = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


@dataclass
class TaskInstance:
    dag_id: str = "recommender"
    run_id: str = "scheduled__2026-02-09"
    task_id: str = "learn.train"
    map_index: int | None = -1
    try_number: int = 1


def identity(try_number: int = 1, max_tries: int = 2, retries: int = 2, **fields: object) -> Identity:
    return Identity.of(TaskInstance(try_number=try_number, **fields), max_tries=max_tries, retries=retries)  # type: ignore[arg-type]


def test_a_retry_has_the_name_of_the_first_try() -> None:
    assert identity(try_number=1).job_name("shop") == identity(try_number=3).job_name("shop")
    assert [identity(try_number=n).retry for n in (1, 2, 3)] == [0, 1, 2]


def test_a_clear_has_a_new_name() -> None:
    # Airflow's Clear after the second try: the next try is the third, and max_tries becomes 2 + retries.
    cleared = identity(try_number=3, max_tries=4)
    assert cleared.generation == 3
    assert cleared.retry == 0
    assert cleared.job_name("shop") != identity().job_name("shop")


def test_a_job_that_was_given_up_is_replaced_under_another_name() -> None:
    names = {identity().job_name("shop", replacement) for replacement in range(5)}
    assert len(names) == 5


@pytest.mark.parametrize(
    "other", [{"dag_id": "other"}, {"run_id": "manual__1"}, {"task_id": "learn.evaluate"}, {"map_index": 0}]
)
def test_other_work_has_another_token(other: dict[str, object]) -> None:
    assert identity(**other).token() != identity().token()  # type: ignore[arg-type]


def test_the_name_says_model_and_task() -> None:
    assert identity().job_name("recommender").startswith("recommender-train-")


@given(
    model=st.text(min_size=1, max_size=200),
    task=st.text(min_size=1, max_size=300),
    replacement=st.integers(0, 49),
    limit=st.sampled_from([TUNING_LIMIT, 63]),
)
def test_every_name_is_one_that_sagemaker_takes(model: str, task: str, replacement: int, limit: int) -> None:
    name = identity(task_id=task).job_name(model, replacement, limit)
    assert len(name) <= limit
    assert SAGEMAKER.fullmatch(name)


def test_what_gives_way_to_the_limit_is_the_readable_head() -> None:
    one, other = (identity(map_index=n).job_name("recommender" * 5, limit=TUNING_LIMIT) for n in (1, 2))
    assert one != other


@given(st.text())
def test_a_content_name_is_one_that_sagemaker_takes(head: str) -> None:
    assert SAGEMAKER.fullmatch(content_name(f"m{head}", "content"))


def test_equal_content_has_an_equal_name_and_other_content_another() -> None:
    assert content_name("m", "a", "b") == content_name("m", "a", "b") != content_name("m", "a", "c")


def test_what_names_may_not_hold_becomes_single_hyphens() -> None:
    assert aws_name("Größe_der - Stadt!") == "Gr-e-der-Stadt"
