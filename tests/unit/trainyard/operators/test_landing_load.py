"""What was dropped is found once and loaded whole: in a real bucket and a real warehouse."""

from __future__ import annotations

import gzip
import io
import re
import time
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from airflow.sdk import DAG

from trainyard.aws.claims import Claims
from trainyard.aws.objects import Objects
from trainyard.aws.runtime import Runtime
from trainyard.calendars import Calendar
from trainyard.errors import InputError, ParamError
from trainyard.landing import Created, Landing, Landings
from trainyard.names import Identity
from trainyard.operators import landing as operators
from trainyard.operators.landing import FindDropsOperator, LoadOperator

if TYPE_CHECKING:
    from tests.support import LocalAwsForTests
    from trainyard.settings import Settings

COLUMNS = "(user_id varchar(64), item_id varchar(64), occurred_at timestamp)"


class Shop:
    """Tables of one test's own, and the surroundings of a task."""

    def __init__(self, local_aws: LocalAwsForTests, settings: Settings) -> None:
        self.local_aws, self.settings = local_aws, settings
        self.name = f"t{uuid4().hex[:8]}"
        self.table, self.marks = f"{self.name}.interactions", f"{self.name}.partitions"
        self.objects = Objects(local_aws.client("s3"), settings.kms_key)
        self.claims = Claims(self.objects, settings.bucket)
        self.run_id, self.events, self.form = "run1", list[Created](), dict[str, Any]()
        self.rest = -1
        self.sql(f"CREATE SCHEMA {self.name}", f"CREATE TABLE {self.table} {COLUMNS}",
                 f"CREATE TABLE {self.marks} (table_name varchar(256), partition_start date, rows bigint, "
                 "loaded_at timestamp)")  # fmt: skip

    def landings(self, form: str = "parquet", calendar: Calendar = Calendar.WEEKLY) -> Landings:
        kind: Any = form
        return Landings("landed", (Landing(self.table, "occurred_at", self.marks, calendar, kind),))

    def sql(self, *statements: str) -> list[list[Any]]:
        """Run statements as one transaction; the rows of a single one."""
        client, where = self.local_aws.client("redshift-data"), self.settings.warehouse.target()
        if len(statements) == 1:
            number = client.execute_statement(Sql=statements[0], **where)["Id"]
        else:
            number = client.batch_execute_statement(Sqls=list(statements), **where)["Id"]
        while (found := client.describe_statement(Id=number))["Status"] not in ("FINISHED", "FAILED"):
            time.sleep(0.01)
        if found["Status"] == "FAILED":
            raise AssertionError(found["Error"])
        rows = client.get_statement_result(Id=number)["Records"] if found["HasResultSet"] else []
        return [[next(iter(field.values())) for field in row] for row in rows]

    def held(self) -> tuple[list[str], dict[str, int]]:
        """The warehouse's rows, and its complete partitions with their rows."""
        rows = self.sql(f"SELECT user_id FROM {self.table} ORDER BY 1")
        marks = self.sql(f"SELECT CAST(partition_start AS varchar), rows FROM {self.marks} ORDER BY 1")
        return [row[0] for row in rows], {row[0]: row[1] for row in marks}

    def drop(self, name: str, data: bytes = b"") -> None:
        self.local_aws.client("s3").put_object(
            Bucket=self.settings.bucket, Key=f"landing/{self.table}/{name}", Body=data
        )

    def drop_later(self, name: str, data: bytes, than: str) -> None:
        """Drop something so much later than something else that S3, whose clock goes by seconds, can tell."""
        self.drop(name, data)
        while self.modified(name) <= self.modified(than):
            time.sleep(0.05)
            self.drop(name, data)

    def modified(self, name: str) -> datetime:
        """When it was dropped."""
        found = self.objects.modified(f"s3://{self.settings.bucket}/landing/{self.table}/{name}")
        assert found is not None
        return found

    def event(self, name: str, sequencer: str = "0A10") -> Created:
        return Created(self.settings.bucket, f"landing/{self.table}/{name}", "e", "", sequencer)

    def runtime(self) -> Any:
        found: Any = SimpleNamespace(
            settings=self.settings,
            objects=self.objects,
            ti=SimpleNamespace(
                run_id=self.run_id, dag_id="landing", xcom_push=lambda key, value: setattr(self, key, value)
            ),
            identity=Identity("load", uuid4().hex[:10], 1, 0),
            context={"dag_run": SimpleNamespace(run_type="asset_triggered", conf={})},
        )
        found.job = lambda *a, **k: Runtime.job(found, *a, **k)
        return found

    def find(self) -> list[dict[str, Any]]:
        """What the run finds to load."""
        with DAG("landing", params={"table": None, "partition": None}, schedule=None):
            operator = FindDropsOperator(task_id="find_drops", landings=self.landings())
        context: Any = self.runtime().context | {
            "params": self.form,
            "triggering_asset_events": {
                "landing": [SimpleNamespace(extra={"payload": vars(event)}) for event in self.events]
            },
        }
        return operator.execute(context)

    def load(self, partition: str, *, landings: Landings | None = None, refused: str = "") -> int:
        """Load a drop; its rows."""
        drop = {"table": self.table, "partition": partition, "refused": refused}
        operator = LoadOperator(task_id="load", landings=landings or self.landings(), inputs=drop)
        runtime = self.runtime()
        job = operator._job(runtime, operator.run_of(runtime), 0)
        assert operator.before is not None
        operator.before(job, runtime)
        client = self.local_aws.client("redshift-data")
        number = client.batch_execute_statement(**operator.request(job, runtime))["Id"]
        while (found := client.describe_statement(Id=number))["Status"] not in ("FINISHED", "FAILED"):
            time.sleep(0.01)
        if found["Status"] == "FAILED":
            raise AssertionError(found["Error"])
        ended: Any = SimpleNamespace(job=job, ref={"Id": number}, description=found, runtime=runtime)
        told = operator.result(ended)
        assert self.objects.manifest(told["manifest"]).rows == told["rows"]
        return int(told["rows"])


@pytest.fixture
def shop(local_aws: LocalAwsForTests, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Shop:
    found = Shop(local_aws, settings)
    for note in local_aws.client("s3").list_objects_v2(Bucket=settings.bucket, Prefix="events/").get("Contents", []):
        local_aws.client("s3").delete_object(Bucket=settings.bucket, Key=note["Key"])
    monkeypatch.setattr(operators, "Runtime", lambda _context: found.runtime())
    return found


def parquet(**rows: datetime) -> bytes:
    buffer = io.BytesIO()
    times = pa.array(list(rows.values()), pa.timestamp("us"))
    texts = [pa.array(names, pa.string()) for names in (list(rows), ["i"] * len(rows))]
    pq.write_table(pa.table([*texts, times], names=["user_id", "item_id", "occurred_at"]), buffer)
    return buffer.getvalue()


def day(number: int, hour: int = 0) -> datetime:
    return datetime(2026, 2, number, hour)  # noqa: DTZ001 - a timestamp without zone is the warehouse's


def test_a_drop_replaces_its_partition_and_no_other_and_calls_it_complete(shop: Shop) -> None:
    shop.sql(f"INSERT INTO {shop.table} VALUES ('before', 'i', '2026-02-01 23:59:59'), ('old', 'i', '2026-02-02'), "
             "('after', 'i', '2026-02-09')")  # fmt: skip
    shop.drop("2026-02-02.parquet", parquet(first=day(2), last=day(8, 23)))
    assert shop.load("2026-02-02") == 2
    assert shop.held() == (["after", "before", "first", "last"], {"2026-02-02": 2})
    assert shop.load("2026-02-02") == 2  # again: the same
    assert shop.held() == (["after", "before", "first", "last"], {"2026-02-02": 2})


def test_a_partition_that_is_dropped_again_is_newer(shop: Shop) -> None:
    ask = f"SELECT CAST(loaded_at AS varchar) FROM {shop.marks}"
    shop.drop("2026-02-02.parquet", parquet(first=day(2)))
    shop.load("2026-02-02")
    (before,) = shop.sql(ask)
    while shop.sql("SELECT CAST(GETDATE() AS varchar)") <= [before]:
        time.sleep(0.05)  # the warehouse's clock goes by seconds
    shop.load("2026-02-02")
    (after,) = shop.sql(ask)
    assert after > before


def test_a_folder_is_loaded_whole_without_its_marks_and_a_file_without_rows_is_an_empty_partition(shop: Shop) -> None:
    shop.drop("2026-02-02/part-0.snappy.parquet", parquet(a=day(2)))
    shop.drop("2026-02-02/part-1.snappy.parquet", parquet(b=day(3)))
    shop.drop("2026-02-02/_SUCCESS")
    shop.drop("2026-02-02-of-another/part-0.parquet", parquet(z=day(2)))
    assert shop.load("2026-02-02") == 2
    shop.drop("2026-02-09.parquet", parquet())
    assert shop.load("2026-02-09") == 0
    assert shop.held() == (["a", "b"], {"2026-02-02": 2, "2026-02-09": 0})


@pytest.mark.parametrize(("form", "pack"), [("csv", bytes), ("csv.gz", gzip.compress)])
def test_a_csv_has_a_header_line(shop: Shop, form: str, pack: Any) -> None:
    shop.drop(f"2026-02-03.{form}", pack(b'user_id,item_id,occurred_at\n"a, b",i,2026-02-03 10:00:00\n'))
    assert shop.load("2026-02-03", landings=shop.landings(form, Calendar.DAILY)) == 1
    assert shop.held() == (["a, b"], {"2026-02-03": 1})


@pytest.mark.parametrize("odd", [{"late": day(9)}, {"early": datetime(2026, 2, 1, 23)}])  # noqa: DTZ001 - as above
def test_a_row_of_another_partition_changes_nothing(shop: Shop, odd: dict[str, datetime]) -> None:
    shop.drop("2026-02-02.parquet", parquet(good=day(2)))
    shop.load("2026-02-02")
    shop.drop("2026-02-02.parquet", parquet(better=day(2), **odd))
    with pytest.raises(AssertionError, match="zero"):
        shop.load("2026-02-02")
    assert shop.held() == (["good"], {"2026-02-02": 1})


def test_a_folder_with_odd_files_or_none_is_refused_before_anything_is_started(shop: Shop) -> None:
    with pytest.raises(InputError, match="neither"):
        shop.load("2026-02-02")
    shop.drop("2026-02-02/_SUCCESS")
    with pytest.raises(InputError, match="no parquet file"):
        shop.load("2026-02-02")
    shop.drop("2026-02-02/part-0.csv", b"x")
    with pytest.raises(InputError, match=r"part-0\.csv"):
        shop.load("2026-02-02")
    with pytest.raises(InputError, match="because"):
        shop.load("2026-02-02", refused="because")


@pytest.mark.parametrize("form", ["parquet", "csv", "csv.gz"])
@pytest.mark.parametrize("name", ["2026-02-02.{}", "2026-02-02/part-1.{}"])
def test_a_file_of_no_bytes_is_refused_by_its_name_and_the_partition_stays(shop: Shop, name: str, form: str) -> None:
    shop.sql(f"INSERT INTO {shop.table} VALUES ('old', 'i', '2026-02-02')")
    if "/" in name:
        shop.drop(f"2026-02-02/part-0.{form}", b"whatever")
        shop.drop("2026-02-02/_SUCCESS")
    shop.drop(name.format(form), b"")
    with pytest.raises(InputError, match=re.escape(name.format(form))):
        shop.load("2026-02-02", landings=shop.landings(form))
    assert shop.held() == (["old"], {})


def test_of_a_file_and_a_folder_the_newer_one_is_loaded_whichever_event_came_last(shop: Shop) -> None:
    file, part, mark = "2026-02-02.parquet", "2026-02-02/part-0.parquet", "2026-02-02/_SUCCESS"
    shop.drop(file, parquet(file=day(2)))
    shop.drop(part, parquet(folder=day(2)))
    assert (shop.load("2026-02-02"), shop.held()[0]) == (1, ["file"])  # the folder lacks its mark
    shop.drop_later(mark, b"", than=file)
    for events in ([file, mark], [mark, file]):
        shop.events = [shop.event(name) for name in events]
        (found,) = shop.find()
        assert (shop.load(found["partition"]), shop.held()[0]) == (1, ["folder"])
    shop.drop_later(file, parquet(corrected=day(2)), than=mark)
    assert (shop.load("2026-02-02"), shop.held()[0]) == (1, ["corrected"])  # by hand, too


def test_a_run_finds_its_events_and_those_that_airflow_gave_to_nobody(shop: Shop) -> None:
    own, stranded, odd = shop.event("2026-02-02.parquet"), shop.event("2026-02-09/_SUCCESS"), shop.event("x.parquet")
    for number, event in enumerate((own, stranded, odd)):
        shop.claims.take(event, f"m{number}")
    shop.events = [own]
    found = shop.find()
    assert [(drop["partition"], bool(drop["refused"])) for drop in found] == [
        ("2026-02-02", False), ("2026-02-09", False), ("", True)
    ]  # fmt: skip
    assert shop.find() == found  # cleared: the same again
    shop.run_id, shop.events = "run2", [own, own]
    assert shop.find() == []  # handed over twice: the first run loads it


def test_a_run_leaves_to_the_next_one_what_is_too_much_for_airflow_and_a_clear_finds_the_same(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operators, "MOST", 2)
    days = ["2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23", "2026-03-02"]
    for number, name in enumerate(days):
        shop.claims.take(shop.event(f"{name}.parquet"), f"m{number}")
    shop.events = [shop.event(f"{days[4]}.parquet")]
    first = shop.find()
    assert ([drop["partition"] for drop in first], shop.rest) == ([days[4], days[0]], 3)
    shop.claims.take(shop.event("2026-02-09.parquet", "0A11"), "m9")  # it comes after all others now
    assert (shop.find(), shop.rest) == (first, 3)
    shop.run_id, shop.events = "run2", []
    assert ([drop["partition"] for drop in shop.find()], shop.rest) == ([days[2], days[3]], 1)
    shop.run_id = "run3"
    assert ([drop["partition"] for drop in shop.find()], shop.rest) == ([days[1]], 0)


def test_several_events_of_a_partition_are_one_load(shop: Shop) -> None:
    shop.events = [shop.event("2026-02-02/_SUCCESS"), shop.event("2026-02-02/_SUCCESS", "0A11")]
    shop.claims.take(shop.events[1], "m1")
    assert [drop["partition"] for drop in shop.find()] == ["2026-02-02"]


def test_a_person_names_both_fields_or_none(shop: Shop) -> None:
    shop.form = {"table": shop.table, "partition": "2026-02-02"}
    assert shop.find() == [{"table": shop.table, "partition": "2026-02-02", "refused": ""}]
    shop.form = {"table": shop.table, "partition": None}
    with pytest.raises(ParamError, match="none of them"):
        shop.find()
    shop.form = {"table": "hr.salaries", "partition": "2026-02-02"}
    with pytest.raises(InputError, match="no table that is filled"):
        shop.find()
    shop.form = {}
    assert shop.find() == []
