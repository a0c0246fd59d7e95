"""UNLOAD of local_aws beside the bare engine: the same table, the same format, the same compression.

    python -m bench.unload [--rows 5000000] [--columns 20]

Both write a made-up table of numbers, dates and texts: local_aws through the Redshift Data API into S3, with a
manifest; the baseline by DuckDB's own COPY into a folder, with the same compression and the same dictionaries, in a
process of its own. Prints rows a second of both, CPU seconds and peak memory, and the ratio ours/baseline: 1 would mean
that the API, Redshift's text format, the objects and the manifest cost nothing. The peak memory of ours is that of the
whole local_aws while the UNLOAD runs, what its engine has cached before included.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import boto3
import duckdb
import psutil

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from bench.support.usage import forget_peak, peak, usage  # noqa: E402 - found on the path above

NAME = "bench"
PARQUET = "FORMAT PARQUET, COMPRESSION SNAPPY, PER_THREAD_OUTPUT true, DICTIONARY_SIZE_LIMIT 10000"
FORMATS = {
    "Parquet": ("FORMAT PARQUET", PARQUET),
    "csv.gz": ("FORMAT CSV GZIP PARALLEL OFF", "FORMAT CSV, COMPRESSION GZIP, HEADER false"),
}


def select(rows: int, columns: int) -> str:
    """A made-up table: a key, a date, and numbers and texts in turn."""
    made = ["i::bigint AS id", "DATE '2026-01-01' + (i % 365)::int AS day"]
    for number in range(columns - 2):
        text = number % 3 == 2
        value = f"(hash(i + {number}) % 1000000)"
        made.append(f"'word-' || {value}::varchar AS c{number}" if text else f"{value} / 7.0::double AS c{number}")
    return f"SELECT {', '.join(made)} FROM range({rows}) AS numbers(i)"


def ours(endpoint: str, options: str) -> float:
    """UNLOAD through the Data API; its seconds."""
    keys = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench", "region_name": "us-east-1"}
    data = boto3.client("redshift-data", endpoint_url=endpoint, **keys)
    prefix = f"s3://{NAME}/{abs(hash(options))}/"
    role = f"arn:aws:iam::123456789012:role/{NAME}"
    sql = f"UNLOAD ($$SELECT * FROM made$$) TO '{prefix}' IAM_ROLE '{role}' {options} MANIFEST"
    began = time.monotonic()
    asked = data.execute_statement(WorkgroupName=NAME, Database="dev", Sql=sql)["Id"]
    while (found := data.describe_statement(Id=asked))["Status"] not in ("FINISHED", "FAILED", "ABORTED"):
        time.sleep(0.05)
    if found["Status"] != "FINISHED":
        raise RuntimeError(found.get("Error", found["Status"]))
    return time.monotonic() - began


def baseline(database: Path, settings: str, target: Path) -> None:
    """DuckDB's COPY; prints its seconds, CPU seconds and peak memory."""
    connection = duckdb.connect(str(database), read_only=True)
    began = time.monotonic()
    connection.execute(f"COPY (SELECT * FROM made) TO '{target}' ({settings})")
    print(json.dumps({"seconds": time.monotonic() - began} | usage()))


def bare(database: Path, settings: str, target: Path) -> dict[str, float]:
    """Run the baseline in a process of its own."""
    argv = [sys.executable, str(Path(__file__)), "--baseline", str(database), settings, str(target)]
    ran = subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return found


def prepare(endpoint: str, state: Path, rows: int, columns: int) -> None:
    """Make the table in the warehouse of local_aws, and what UNLOAD needs around it."""
    keys: dict[str, Any] = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=endpoint, **keys).create_bucket(Bucket=NAME)
    trust = {"Effect": "Allow", "Principal": {"Service": "redshift.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    boto3.client("iam", endpoint_url=endpoint, **keys).create_role(RoleName=NAME, AssumeRolePolicyDocument=policy)
    parquet = state / "made.parquet"
    duckdb.execute(f"COPY ({select(rows, columns)}) TO '{parquet}' (FORMAT PARQUET)")
    schema = duckdb.execute(f"DESCRIBE SELECT * FROM '{parquet}'").fetchall()
    words = {"BIGINT": "bigint", "DATE": "date", "DOUBLE": "double precision", "VARCHAR": "varchar(32)"}
    declared = ", ".join(f"{name} {words[kind]}" for name, kind, *_ in schema)
    data = boto3.client("redshift-data", endpoint_url=endpoint, **keys)
    boto3.client("s3", endpoint_url=endpoint, **keys).upload_file(str(parquet), NAME, "made/made.parquet")
    role = f"arn:aws:iam::123456789012:role/{NAME}"
    for sql in (f"CREATE TABLE made ({declared})",
                f"COPY made FROM 's3://{NAME}/made/' IAM_ROLE '{role}' FORMAT AS PARQUET"):  # fmt: skip
        asked = data.execute_statement(WorkgroupName=NAME, Database="dev", Sql=sql)["Id"]
        while (found := data.describe_statement(Id=asked))["Status"] not in ("FINISHED", "FAILED"):
            time.sleep(0.1)
        if found["Status"] == "FAILED":
            raise RuntimeError(found["Error"])


def main() -> None:
    """Measure, and print one line for each format."""
    parser = argparse.ArgumentParser(prog="python -m bench.unload", description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--baseline", nargs=3, metavar=("DATABASE", "SETTINGS", "TARGET"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.baseline:
        database, settings, target = options.baseline
        baseline(Path(database), settings, Path(target))
        return
    from bench.support.local import local_aws

    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        database = state / "bare.duckdb"
        with duckdb.connect(str(database)) as connection:
            connection.execute(f"CREATE TABLE made AS {select(options.rows, options.columns)}")
        with local_aws(state) as endpoint:
            prepare(endpoint, state, options.rows, options.columns)
            server = next(process for process in psutil.Process().children() if "local_aws" in process.cmdline())
            for name, (mine, theirs) in FORMATS.items():
                forget_peak(server.pid)
                cpu = server.cpu_times()
                seconds = ours(endpoint, mine)
                used, most = server.cpu_times(), peak(server.pid)
                slow = bare(database, theirs, state / f"bare.{name}")
                rate, other = options.rows / seconds, options.rows / slow["seconds"]
                spent = used.user + used.system - cpu.user - cpu.system
                print(f"{name:8} ours {rate:10,.0f} rows/s {spent:6.1f} CPU-s {most:6.0f} MB   "
                      f"bare engine {other:10,.0f} rows/s {slow['cpu']:6.1f} CPU-s {slow['mb']:6.0f} MB   "
                      f"ratio {rate / other:.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
