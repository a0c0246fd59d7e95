"""Records of runs: which one counts, and when nothing need be done."""

import json
from dataclasses import replace

import pytest

from trainyard.errors import ManifestError
from trainyard.fingerprints import Fingerprint
from trainyard.ledger import Record, counts, folder, parse, unchanged

MARK = Fingerprint("inputs", "code", "parameters")
RECORD = Record(
    model="recommender",
    partition="2026-02-02",
    dag_id="recommender",
    run_id="backfill__2026-02-02",
    run_type="backfill",
    code_version="abc123",
    began_at="2026-02-10T06:00:00.000+00:00",
    outcome="complete",
    fingerprint=MARK,
    metrics={"ndcg@10": 0.4},
)


def test_a_record_comes_back_as_it_was_written() -> None:
    assert parse(RECORD.dump(), "s3://b/k") == RECORD
    assert parse(replace(RECORD, fingerprint=None).dump(), "s3://b/k").fingerprint is None


@pytest.mark.parametrize("text", [b"", b"[]", b'{"format": 2}', b'{"format": 1}', b'{"format": 1, "fingerprint": 3}'])
def test_what_is_no_record_is_refused_with_its_place(text: bytes) -> None:
    with pytest.raises(ManifestError, match="s3://b/k"):
        parse(text, "s3://b/k")


def test_a_field_that_a_later_version_has_added_is_left_out() -> None:
    assert parse(json.dumps(json.loads(RECORD.dump()) | {"colour": "red"}).encode(), "s3://b/k") == RECORD


@pytest.mark.parametrize("wrong", [{"steps": None}, {"steps": {"train": 3}}, {"metrics": []}, {"run_id": 7}])
def test_a_value_of_another_kind_is_refused_with_a_remedy(wrong: dict[str, object]) -> None:
    with pytest.raises(ManifestError, match=r"s3://b/k is no record.*Remedy: delete it"):
        parse(json.dumps(json.loads(RECORD.dump()) | wrong).encode(), "s3://b/k")


def test_a_run_has_one_record_and_another_run_another() -> None:
    assert RECORD.name == replace(RECORD, outcome="failed", ended_at="later").name
    assert RECORD.name != replace(RECORD, run_id="other").name


def test_the_folder_is_the_dags_own_and_ends_in_a_slash() -> None:
    assert folder("leads", "2026-02-02", "leads_daily") == "leads/2026-02-02/ledger/leads_daily/"


def test_a_result_counts_when_there_was_none() -> None:
    assert counts(RECORD, None)


@pytest.mark.parametrize("outcome", ["running", "failed", "unchanged"])
def test_what_is_no_result_never_counts(outcome: str) -> None:
    assert not counts(replace(RECORD, outcome=outcome), None)  # type: ignore[arg-type]


def test_a_run_that_began_earlier_never_replaces_what_a_later_one_left() -> None:
    later = replace(RECORD, run_id="later", began_at="2026-02-11T06:00:00.000+00:00")
    assert counts(later, RECORD)
    assert not counts(RECORD, later)


def test_a_cleared_run_replaces_its_own_result() -> None:
    assert counts(replace(RECORD, began_at="2026-02-09T00:00:00.000+00:00"), RECORD)


def test_a_partition_of_the_same_fingerprint_is_unchanged_and_the_reason_names_the_run() -> None:
    assert "backfill__2026-02-02" in unchanged(MARK, RECORD)


@pytest.mark.parametrize("current", [None, replace(RECORD, fingerprint=None)])
def test_a_partition_without_a_known_result_is_never_unchanged(current: Record | None) -> None:
    assert unchanged(MARK, current) == ""


def test_any_changed_part_makes_it_changed() -> None:
    assert unchanged(replace(MARK, code="other"), RECORD) == ""
