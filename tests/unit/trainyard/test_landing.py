"""Which keys mean what, and which events are news."""

import json
from typing import Any

import pytest

from trainyard.calendars import Calendar
from trainyard.errors import InputError, PartitionError, SpecError
from trainyard.landing import LEASE_SECONDS, Created, Drop, Landing, Landings, decide, is_data, newer

TABLES = Landings(
    "landed",
    (
        Landing("shop.interactions", time="occurred_at"),
        Landing("shop.visits", time="seen_at", calendar=Calendar.DAILY, format="csv.gz"),
    ),
)
EVENT = Created("bucket", "landing/shop.interactions/2026-02-02.parquet", "e1", "", "0A10")


def body(**changes: Any) -> str:
    event: dict[str, Any] = {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {
            "bucket": {"name": "bucket"},
            "object": {"key": EVENT.key, "size": 3, "etag": "e1", "version-id": "v1", "sequencer": "0A10"},
        },
    }
    return json.dumps(event | changes)


@pytest.mark.parametrize(
    ("key", "table", "partition"),
    [
        ("landing/shop.interactions/2026-02-02.parquet", "shop.interactions", "2026-02-02"),
        ("landing/shop.interactions/2026-02-02/_SUCCESS", "shop.interactions", "2026-02-02"),
        ("landing/shop.visits/2026-02-03.csv.gz", "shop.visits", "2026-02-03"),
    ],
)
def test_a_file_or_the_mark_of_a_folder_completes_a_partition(key: str, table: str, partition: str) -> None:
    assert TABLES.drop(key) == Drop(table, partition)


@pytest.mark.parametrize(
    "key",
    [
        "landing/shop.interactions/2026-02-02/part-0.parquet",
        "landing/shop.interactions/2026-02-02",
        "landing/shop.interactions/2026-02-02.parquet/x",
        "landing/shop.interactions/2026-02-02.csv",
        "landing/shop.interactions/2026-02-02.parquet\n",
        "landing/shop.interactions/../2026-02-02.parquet",
        "landing/shop.interactions'; DROP TABLE x/2026-02-02.parquet",
        "landing/shop.interactions_old/2026-02-02.parquet",
        "landing/shop.visits/2026-02-03.csv",
        "landing/SHOP.INTERACTIONS/2026-02-02.parquet",
        "landing/2026-02-02.parquet",
        "code/current.json",
    ],
)
def test_an_odd_name_and_a_table_that_is_not_listed_are_refused(key: str) -> None:
    with pytest.raises(InputError):
        TABLES.drop(key)


@pytest.mark.parametrize("day", ["2026-02-03", "2026-02-30", "0000-00-00"])
def test_a_day_that_begins_no_partition_is_refused(day: str) -> None:
    with pytest.raises(PartitionError):
        TABLES.drop(f"landing/shop.interactions/{day}.parquet")


def test_only_files_of_the_format_may_lie_in_a_folder_and_only_directly() -> None:
    table, folder = TABLES.tables[0], "landing/shop.interactions/2026-02-02/"
    assert table.takes(f"{folder}part-00000-1a2b-c000.snappy.parquet", "2026-02-02")
    assert not table.takes(f"{folder}part-0.csv", "2026-02-02")
    assert not table.takes(f"{folder}deeper/part-0.parquet", "2026-02-02")
    assert not table.takes("landing/shop.interactions/2026-02-09/part-0.parquet", "2026-02-02")
    marks = [f"{folder}_SUCCESS", f"{folder}_committed_7", f"{folder}.part-0.crc", folder,
             f"{folder}_temporary/0/task_1/part-0.parquet", f"{folder}_temporary/0_$folder$"]  # fmt: skip
    assert [key for key in marks if is_data(key)] == []


@pytest.mark.parametrize(
    "wrong",
    [{"table": "interactions"}, {"table": "a.b; c"}, {"time": "occurred at"}, {"partitions": "x"}, {"format": "orc"}],
)
def test_a_wrong_field_of_a_landing_is_named(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(SpecError, match=rf"Landing\.{name}"):
        Landing(**{"table": "shop.interactions", "time": "occurred_at"} | wrong)


def test_a_table_stands_once() -> None:
    with pytest.raises(SpecError, match="twice"):
        Landings("landed", (TABLES.tables[0], TABLES.tables[0]))


def test_an_event_is_read_as_eventbridge_writes_it() -> None:
    assert Created.read(body()) == Created("bucket", EVENT.key, "e1", "v1", "0A10")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        "3",
        "{}",
        body(source="aws.ec2"),
        body(**{"detail-type": "Object Deleted"}),
        body(detail={}),
    ],
)
def test_what_is_no_event_of_a_new_object_is_told_so(text: str) -> None:
    with pytest.raises(InputError):
        Created.read(text)


@pytest.mark.parametrize(
    ("key", "completes"),
    [
        ("landing/shop.interactions/2026-02-02.parquet", True),
        ("landing/shop.interactions/2026-02-02/_SUCCESS", True),
        ("landing/odd name", True),  # a run says what is wrong with it
        ("landing/shop.interactions/2026-02-02/part-0.parquet", False),
        ("landing/shop.interactions/2026-02-02/part 1.parquet", False),  # refused when the mark is there
        ("landing/shop.interactions/2026-02-02/part+1.parquet", False),
        ("landing/shop.interactions/2026-02-02/part-ü.parquet", False),
        ("landing/shop.interactions/2026-02-02/deeper/part-0.parquet", False),
        ("landing/shop.interactions/2026-02-02/deeper/_SUCCESS", False),
        ("landing/shop.interactions/2026-02-02/_temporary/0/task_1/part-0.parquet", False),
        ("landing/shop.interactions/2026-02-02/_temporary/0_$folder$", False),
        ("landing/shop.interactions/2026-02-02/_SUCCESS.crc", False),
        ("landing/shop.interactions/2026-02-02_$folder$", False),
        ("landing/shop.interactions_$folder$", False),
        ("landing/shop.interactions/.2026-02-02.parquet.part", False),
        ("landing/shop.interactions/2026-02-02/", False),  # what a console calls a folder
        ("elsewhere/2026-02-02.parquet", False),
    ],
)
def test_a_file_of_a_folder_waits_for_the_mark_and_what_spark_and_hadoop_need_is_nothing(
    key: str, completes: bool
) -> None:
    assert Created("bucket", key, "", "", "1").completes is completes


@pytest.mark.parametrize(
    ("one", "other", "order"),
    [("0A10", "0A10", 0), ("0A11", "0A10", 1), ("0A0F", "0A10", -1), ("0A1", "0A10", 0), ("0a10", "0A10", 0),
     ("0B", "0A10FF", 1), ("0A10", "0A100001", -1)],
)  # fmt: skip
def test_sequencers_are_filled_at_their_right_end_and_compared(one: str, other: str, order: int) -> None:
    assert newer(one, other) == order


NOTE = {"sequencer": "0A10", "message": "m1", "taken_at": 1000.0}


@pytest.mark.parametrize(
    ("note", "sequencer", "message", "seconds", "decision"),
    [
        (None, "0A10", "m1", 0, "take"),
        (NOTE, "0A11", "m2", 1, "take"),  # the object was put again
        (NOTE, "0A09", "m2", 1, "late"),
        (NOTE, "0A10", "m2", 1, "wait"),  # m1 is being handed over, or its triggerer has died
        (NOTE, "0A10", "m2", LEASE_SECONDS, "take"),  # it has died, and m1 may be a dead letter by now
        (NOTE, "0A10", "m1", 1, "take"),  # SQS shows m1 again: whoever had it has died
        (NOTE | {"handed": True}, "0A10", "m1", 1, "twice"),  # it died before the message was deleted
        (NOTE | {"handed": True}, "0A10", "m2", 10 * LEASE_SECONDS, "twice"),
        (NOTE | {"run": "r"}, "0A10", "m2", 10 * LEASE_SECONDS, "twice"),  # a run is faster than the trigger's note
        (NOTE | {"handed": True}, "0A11", "m2", 1, "take"),
    ],
)
def test_a_message_is_taken_once_and_never_lost(
    note: dict[str, Any] | None, sequencer: str, message: str, seconds: float, decision: str
) -> None:
    event = Created("bucket", EVENT.key, "e1", "", sequencer)
    assert decide(note, event, message, 1000.0 + seconds) == decision
