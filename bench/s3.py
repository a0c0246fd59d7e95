"""S3 of local_aws (objects are files) beside moto's server (objects in memory), the same client on both.

    python -m bench.s3 [--megabytes 200]

Prints for each question the seconds of both and the ratio moto/local_aws, and each server's CPU seconds and peak
memory. Higher ratios are better for local_aws.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import psutil
from botocore.config import Config
from botocore.exceptions import BotoCoreError

Figures = dict[str, float]


@contextmanager
def server(argv: list[str], port: int) -> Iterator[tuple[psutil.Process, Any]]:
    """A server in a process of its own, and a client for it."""
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    config = Config(retries={"max_attempts": 1}, max_pool_connections=16)
    keys = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", config=config, **keys)
    try:
        _wait(client, process)
        yield psutil.Process(process.pid), client
    finally:
        process.terminate()
        process.wait()


def _wait(client: Any, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            client.create_bucket(Bucket="bench")
            return
        except BotoCoreError:
            time.sleep(0.1)
    raise RuntimeError("the server ended before it answered")


def measure(process: psutil.Process, client: Any, source: Path) -> Figures:
    """Ask every question once, largest objects first."""
    big = source.stat().st_size

    def ranges() -> None:
        for index in range(100):
            start = (index * 7919 * 65536) % (big - 65536)
            client.get_object(Bucket="bench", Key="big", Range=f"bytes={start}-{start + 65535}")["Body"].read()

    def small_puts() -> None:
        with ThreadPoolExecutor(8) as pool:
            list(
                pool.map(lambda i: client.put_object(Bucket="bench", Key=f"small/{i:05}", Body=b"x" * 100), range(2000))
            )

    def put() -> None:
        with source.open("rb") as body:
            client.put_object(Bucket="bench", Key="big", Body=body)

    figures = {
        "put whole": _timed(put),
        "get whole": _timed(lambda: client.get_object(Bucket="bench", Key="big")["Body"].read()),
        "100 ranges of 64 KiB": _timed(ranges),
        "upload in parts": _timed(lambda: client.upload_file(str(source), "bench", "parts")),
        "2000 small puts, 8 threads": _timed(small_puts),
        "list 2000 keys": _timed(lambda: list(client.get_paginator("list_objects_v2").paginate(Bucket="bench"))),
    }
    used = process.cpu_times()
    figures["server CPU seconds"] = used.user + used.system
    figures["server peak memory, MiB"] = _peak_memory(process)
    return figures


def _timed(question: Callable[[], object]) -> float:
    begin = time.perf_counter()
    question()
    return time.perf_counter() - begin


def _peak_memory(process: psutil.Process) -> float:
    """VmHWM where there is a /proc, else what it holds now."""
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return float(process.memory_info().rss) / (1 << 20)


def main() -> None:
    """Measure both and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=200, help="size of the large object (default: %(default)s)")
    parser.add_argument("--port", type=int, default=4690, help="first of two free ports (default: %(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "big"
        source.write_bytes(os.urandom(options.megabytes << 20))
        ours_at, moto_at = str(options.port), str(options.port + 1)
        ours = [sys.executable, "-m", "local_aws", "--port", ours_at, "--state", f"{folder}/state"]
        moto = [sys.executable, "-m", "moto.server", "--port", moto_at]
        with server(ours, options.port) as (process, client):
            ours_figures = measure(process, client, source)
        with server(moto, options.port + 1) as (process, client):
            moto_figures = measure(process, client, source)
    print(f"{options.megabytes} MiB object{'':<12} local_aws      moto   moto/local_aws")
    for name, value in ours_figures.items():
        print(f"{name:<27} {value:9.2f} {moto_figures[name]:9.2f} {moto_figures[name] / value:9.1f}x")


if __name__ == "__main__":
    main()
