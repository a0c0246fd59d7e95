"""DuckDB's words in Redshift's: the cases that cannot be provoked by a statement alone."""

import duckdb

from local_aws.services.redshift_data.errors import Cancelled
from local_aws.services.redshift_data.warehouse.errors import from_duckdb


def test_two_writers_in_conflict_are_a_serializable_isolation_violation() -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    one, other = connection.cursor(), connection.cursor()
    for cursor in (one, other):
        cursor.execute("BEGIN TRANSACTION")
        cursor.execute("SELECT * FROM t").fetchall()
    one.execute("UPDATE t SET a = 2")
    try:
        other.execute("UPDATE t SET a = 3")
    except duckdb.Error as error:
        told = from_duckdb(error, ["shop.t"])
    assert str(told).startswith("ERROR: 1023 DETAIL: Serializable isolation violation on table - shop.t")
    assert "Engine: TransactionContext Error" in str(told)
    connection.close()


def test_an_interruption_is_a_cancellation() -> None:
    assert isinstance(from_duckdb(duckdb.InterruptException("INTERRUPT Error: Interrupted!")), Cancelled)


def test_what_is_not_known_keeps_the_engines_words() -> None:
    told = from_duckdb(duckdb.BinderException("Binder Error: something new\nLINE 1: ..."))
    assert str(told) == "ERROR: something new\n  Engine: Binder Error: something new"
