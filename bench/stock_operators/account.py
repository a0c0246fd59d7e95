"""The account that both sides work in: a local_aws with the stack of infra/."""

from __future__ import annotations

import io
import json
import os
import tarfile
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from bench.support.local import ROOT, local_aws
from local_aws.testing import LocalAwsAdmin
from yard import environment, infra
from yard.clients import Aws

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from airflow.sdk import BaseOperator

    from bench.stock_operators.driver import TaskInstance

IMAGE = "local/python:3.11"
_SERVE = b"""
import http.server, json, os, pathlib, sys
if pathlib.Path("/opt/ml/model/broken").exists():
    sys.exit("this model does not load")
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(b"")
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(json.dumps({"model_version": os.environ.get("TRAINYARD_MODEL_VERSION")}).encode())
    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
"""


@dataclass
class Account:
    """Clients of the account, and new names."""

    aws: Aws
    admin: LocalAwsAdmin
    outputs: dict[str, str]
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def bucket(self) -> str:
        """The stack's bucket."""
        return self.outputs["BucketName"]

    def client(self, service: str) -> Any:
        """Return a boto3 client."""
        return self.aws.client(service)

    def name(self, what: str) -> str:
        """Return a name that is not in use."""
        return f"{what}-{next(self._numbers)}"

    def task(self, operator: BaseOperator) -> TaskInstance:
        """Return a task instance of a run of its own."""
        from bench.stock_operators.driver import TaskInstance

        run_id = self.name("run")
        prefix = f"s3://{self.bucket}/code/compare/"
        run = {
            "model": "compare", "partition": "2026-02-02", "partition_end": "2026-02-09", "bucket": self.bucket,
            "code_version": "compare", "code_prefix": prefix, "run_type": "manual", "release": True,
            "release_reason": "", "tune": False, "hyperparameters": {},
        }  # fmt: skip
        return TaskInstance(run_id, operator, run)

    def model_data(self, *, broken: bool = False) -> str:
        """Leave a model that serves, or does not come up; return its URI."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for name, body in {"code/serve": _SERVE, **({"broken": b"yes"} if broken else {})}.items():
                member = tarfile.TarInfo(name)
                member.size, member.mode = len(body), 0o644
                archive.addfile(member, io.BytesIO(body))
        key = f"compare/{self.name('model')}.tar.gz"
        self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=packed.getvalue())
        return f"s3://{self.bucket}/{key}"


@contextmanager
def account(state: Path) -> Iterator[Account]:
    """Start a local_aws in a process of its own, deploy the stack, and point Airflow's connection at it."""
    with local_aws(state) as endpoint:
        aws = Aws(endpoint)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            outputs = infra.deploy(aws, ROOT / "infra" / "trainyard.yaml")
        connection = {"conn_type": "aws", "login": "local", "password": "local",
                      "extra": {"region_name": environment.REGION, "endpoint_url": endpoint}}  # fmt: skip
        os.environ |= environment.airflow_variable(outputs)
        os.environ |= {"AIRFLOW_CONN_AWS_DEFAULT": json.dumps(connection), "AWS_ENDPOINT_URL": endpoint}
        os.environ["AWS_DEFAULT_REGION"] = environment.REGION
        yield Account(aws, LocalAwsAdmin(endpoint), outputs)
