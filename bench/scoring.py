"""A file scored through an endpoint: ours beside the loop that notebooks have.

    python -m bench.scoring [--rows 1000000]

Both send the same rows to the same endpoint, the built-in XGBoost in a local_aws of its own, and write the same
answers. The baseline reads 3,000 rows at a time with pandas, writes them as CSV again, and sends one request after the
other. Ours cuts the file at line ends and has four requests in flight. Prints rows a second, the client's CPU seconds
and peak memory of both, the ratio ours/baseline (higher is better), whether the answers are the same bytes, and ours
once more on a file ten times as large: its peak memory must not grow. Each client is a process of its own, so that its
peak memory (VmHWM) is that of one file; starting it is not timed.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
from botocore.config import Config

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "plugins")]

from bench.support.usage import usage  # noqa: E402 - found on the path above

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
FEATURES, CHUNK = 7, 3_000
TIMES = 10  # how much larger the second file is
NAME = "bench"
ROLE = "arn:aws:iam::123456789012:role/bench"


def client(service: str, endpoint: str) -> Any:
    """A boto3 client of the bench's local_aws."""
    keys = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench", "region_name": "us-east-1"}
    return boto3.client(service, endpoint_url=endpoint, config=Config(max_pool_connections=8, proxies={}), **keys)


def rows(number: int, seed: int) -> Any:
    """Made-up leads, without their label."""
    return np.random.default_rng(seed).normal(size=(number, FEATURES)).round(6)


def write(path: Path, number: int, times: int = 1) -> None:
    """Write leads as a CSV without header, so many times over."""
    table = pa.table({str(column): values for column, values in enumerate(rows(number, 1).T)})
    text = io.BytesIO()
    arrow_csv.write_csv(table, text, arrow_csv.WriteOptions(include_header=False))
    with path.open("wb") as file:
        for _ in range(times):
            file.write(text.getvalue())


def serve(endpoint: str) -> None:
    """Train a small model, and put it behind an endpoint."""
    s3, sagemaker = client("s3", endpoint), client("sagemaker", endpoint)
    s3.create_bucket(Bucket=NAME)
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    client("iam", endpoint).create_role(RoleName=NAME, AssumeRolePolicyDocument=policy)
    data = rows(5_000, 2)
    labelled = np.column_stack([(data[:, 0] > data[:, 1]).astype(float), data])
    body = "\n".join(",".join(map(str, row)) for row in labelled).encode()
    s3.put_object(Bucket=NAME, Key="train/part-0.csv", Body=body)
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{NAME}/train/"}}
    sagemaker.create_training_job(
        TrainingJobName=NAME,
        RoleArn=ROLE,
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        HyperParameters={"num_round": "50", "objective": "binary:logistic", "max_depth": "5"},
        InputDataConfig=[{"ChannelName": "train", "ContentType": "text/csv", "DataSource": source}],
        OutputDataConfig={"S3OutputPath": f"s3://{NAME}/models/"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
    )
    sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=NAME, WaiterConfig={"Delay": 1})
    model = f"s3://{NAME}/models/{NAME}/output/model.tar.gz"
    container = {"Image": IMAGE, "ModelDataUrl": model}
    sagemaker.create_model(ModelName=NAME, PrimaryContainer=container, ExecutionRoleArn=ROLE)
    variant = {"VariantName": "all", "ModelName": NAME, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName=NAME, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName=NAME)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=NAME, WaiterConfig={"Delay": 1})


def baseline(endpoint: str, source: Path, target: Path) -> float:
    """The notebooks' loop; its seconds."""
    import pandas as pd

    runtime, began = client("sagemaker-runtime", endpoint), time.monotonic()
    with target.open("w") as answers:
        for chunk in pd.read_csv(source, header=None, chunksize=CHUNK):
            body = chunk.to_csv(header=False, index=False)
            answer = runtime.invoke_endpoint(EndpointName=NAME, Body=body, ContentType="text/csv", Accept="text/csv")
            answers.write("\n".join(answer["Body"].read().decode().split(",")) + "\n")
    return time.monotonic() - began


def ours(endpoint: str, source: Path, target: Path) -> float:
    """The client that ships; its seconds."""
    from trainyard.scoring import score

    runtime, began = client("sagemaker-runtime", endpoint), time.monotonic()

    def ask(body: bytes) -> bytes:
        answer = runtime.invoke_endpoint(EndpointName=NAME, Body=body, ContentType="text/csv", Accept="text/csv")
        return bytes(answer["Body"].read())

    with source.open("rb") as lines, target.open("wb") as answers:
        score(iter(lambda: lines.read(1 << 20), b""), answers, ask)
    return time.monotonic() - began


def measured(side: str, endpoint: str, source: Path) -> dict[str, float]:
    """Run a side in a process of its own."""
    target = source.with_suffix(f".{side}")
    argv = [sys.executable, "-m", "bench.scoring", "--side", side, endpoint, str(source), str(target)]
    ran = subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return found


def answered(source: Path, side: str, times: int = 1) -> str:
    """Return the digest of the answers that a side wrote, so many times over."""
    digest = hashlib.sha256()
    for _ in range(times):
        with source.with_suffix(f".{side}").open("rb") as answers:
            while block := answers.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def megabytes(path: Path) -> float:
    """Return a file's size."""
    return path.stat().st_size / 1e6


def run_side(side: str, endpoint: str, source: Path, target: Path) -> None:
    """Run a side here, and print what it took."""
    seconds = (baseline if side == "baseline" else ours)(endpoint, source, target)
    print(json.dumps({"seconds": seconds} | usage()))


def main() -> None:
    """Measure, and print one line for each question."""
    parser = argparse.ArgumentParser(prog="python -m bench.scoring", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--side", nargs=4, metavar=("SIDE", "ENDPOINT", "FILE", "ANSWERS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        side, endpoint, source, target = options.side
        run_side(side, endpoint, Path(source), Path(target))
        return
    from bench.support.local import local_aws

    with tempfile.TemporaryDirectory() as folder, local_aws(Path(folder)) as endpoint:
        serve(endpoint)
        source = Path(folder) / "leads.csv"
        write(source, options.rows)
        slow, fast = (measured(side, endpoint, source) for side in ("baseline", "ours"))
        for name, found in (("baseline", slow), ("ours", fast)):
            rate = options.rows / found["seconds"]
            print(f"{name:9} {rate:9,.0f} rows/s  {found['cpu']:6.1f} CPU-s  {found['mb']:5.0f} MB")
        same = answered(source, "ours") == answered(source, "baseline")
        print(f"ratio {slow['seconds'] / fast['seconds']:.1f} x on {megabytes(source):.0f} MB; the same bytes: {same}")
        larger = Path(folder) / "more.csv"
        write(larger, options.rows, times=TIMES)
        more = measured("ours", endpoint, larger)
        same = answered(larger, "ours") == answered(source, "baseline", TIMES)
        print(f"ours on {megabytes(larger):.0f} MB: {TIMES * options.rows / more['seconds']:9,.0f} rows/s  "
              f"{more['cpu']:6.1f} CPU-s  {more['mb']:5.0f} MB; the same bytes {TIMES} times: {same}")  # fmt: skip
        print(f"the client's peak memory: {fast['mb']:.0f} MB for {megabytes(source):.0f} MB, {more['mb']:.0f} MB for "
              f"{megabytes(larger):.0f} MB, {more['mb'] / fast['mb']:.2f} x")  # fmt: skip


if __name__ == "__main__":
    main()
