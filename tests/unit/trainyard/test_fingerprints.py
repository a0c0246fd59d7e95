"""What makes a partition another one, and what does not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.trainyard.made_up import LEADS, RUN, SPEC
from trainyard.fingerprints import Fingerprint, code_of, fingerprint, release_files
from trainyard.spec import Compute, Gate

FILES = {
    "sql/recommender/interactions.sql": "a",
    "sql/lead_scoring/examples.sql": "b",
    "sql/lead_scoring/leads.sql": "c",
    "spark_jobs/recommender/build_examples.py": "d",
    "spark_jobs/recommender_two/build_examples.py": "e",
    "spark_jobs/lead_scoring/encode_leads.py": "f",
    "training_jobs/ncf/train.py": "g",
    "training_jobs/ncf/sourcedir.tar.gz": "h",
    "training_jobs/ncf_two/train.py": "i",
    "training_jobs/lead_scoring/evaluate.py": "j",
}
LOADS = [3, 100, "2026-02-09 00:00:00"]
STEPS = ["wait_for_source", "build_examples", "train"]
BASE = fingerprint(SPEC, RUN, FILES, LOADS, STEPS)


def changed(**now: object) -> tuple[str, ...]:
    given = {"spec": SPEC, "run": RUN, "files": FILES, "inputs": LOADS, "steps": STEPS} | now
    return fingerprint(**given).changes(BASE)  # type: ignore[arg-type]


def test_the_same_again_is_the_same() -> None:
    assert changed() == ()


def test_a_model_uses_its_own_files_and_no_others_of_a_similar_name() -> None:
    assert set(code_of(SPEC, FILES)) == {
        "sql/recommender/interactions.sql",
        "spark_jobs/recommender/build_examples.py",
        "training_jobs/ncf/train.py",
    }
    assert len(code_of(LEADS, FILES)) == 4


@pytest.mark.parametrize("path", ["sql/recommender/interactions.sql", "training_jobs/ncf/train.py"])
def test_a_touched_file_of_the_model_changes_its_code(path: str) -> None:
    assert changed(files=FILES | {path: "z"}) == ("code",)


@pytest.mark.parametrize(
    "path", ["sql/lead_scoring/leads.sql", "training_jobs/ncf_two/train.py", "training_jobs/ncf/sourcedir.tar.gz"]
)
def test_a_touched_file_of_another_model_changes_nothing(path: str) -> None:
    assert changed(files=FILES | {path: "z"}) == ()


def test_a_dag_that_trains_nothing_does_not_depend_on_how_it_is_done() -> None:
    def scored(gate: Gate, script: str) -> Fingerprint:
        files = FILES | {"training_jobs/ncf/train.py": script}
        return fingerprint(replace(SPEC, gate=gate), RUN, files, LOADS, ["build_examples", "score"])

    assert scored(SPEC.gate, "g") == scored(Gate("ndcg@10", at_least=0.9), "z")


def test_another_code_version_with_the_same_files_changes_nothing() -> None:
    assert changed(run=replace(RUN, code_version="other")) == ()


def test_a_release_without_digests_is_as_different_as_its_version() -> None:
    old = fingerprint(SPEC, RUN, release_files({"files": ["sql/x.sql"]}), LOADS, STEPS)
    assert old.code == fingerprint(SPEC, RUN, {}, LOADS, STEPS).code
    assert old.code != fingerprint(SPEC, replace(RUN, code_version="other"), {}, LOADS, STEPS).code


def test_a_corrected_load_changes_the_inputs() -> None:
    assert changed(inputs=[3, 100, "2026-02-10 00:00:00"]) == ("inputs",)


def test_a_hyperparameter_of_the_spec_or_the_form_is_a_parameter() -> None:
    training = replace(SPEC.training, hyperparameters={**SPEC.training.hyperparameters, "epochs": 6})
    assert changed(spec=replace(SPEC, training=training)) == ("parameters",)
    assert changed(run=replace(RUN, hyperparameters={"epochs": 6})) == ("parameters",)
    assert changed(spec=replace(SPEC, gate=Gate("ndcg@10", at_least=0.3))) == ("parameters",)


def test_machines_and_limits_change_how_long_it_takes_and_not_what_comes_out() -> None:
    training = replace(SPEC.training, compute=Compute("ml.c5.4xlarge", time_limit=timedelta(hours=9)))
    source = replace(SPEC.source, patience=timedelta(days=9))
    assert changed(spec=replace(SPEC, training=training, source=source)) == ()


def test_changes_are_named() -> None:
    assert Fingerprint("a", "b", "c").changes(Fingerprint("x", "b", "y")) == ("inputs", "parameters")
