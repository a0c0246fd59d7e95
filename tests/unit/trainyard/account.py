"""An account on local_aws, and a task's surroundings without Airflow, for tests of what talks to AWS."""

from __future__ import annotations

import io
import json
import tarfile
import uuid
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tests.unit.trainyard.made_up import RUN, SPEC
from trainyard.job import Job, tags_of
from trainyard.names import Identity

if TYPE_CHECKING:
    from tests.support import LocalAwsForTests
    from trainyard.run import Run
    from trainyard.settings import Settings


@dataclass
class CountingAws:
    """Clients of local_aws that count the calls they send."""

    local_aws: LocalAwsForTests
    region: str = "us-east-1"
    connection: str = "none"
    calls: Counter[str] = field(default_factory=Counter)
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str, *, attempts: int = 5) -> Any:
        """The client of a service, as trainyard.aws.clients.Aws gives it."""
        if service not in self.clients:
            client = self.local_aws.client(service, retries={"total_max_attempts": attempts, "mode": "standard"})
            client.meta.events.register("before-call", self._count)
            self.clients[service] = client
        return self.clients[service]

    def _count(self, model: Any, **_: Any) -> None:
        self.calls[model.name] += 1


class Account:
    """The stack of infra/ on local_aws, and one piece of work of its own in it."""

    def __init__(self, local_aws: LocalAwsForTests, settings: Settings) -> None:
        self.aws = CountingAws(local_aws)
        self.settings = settings
        self.digest = uuid.uuid4().hex[:10]
        prefix = f"s3://{settings.bucket}/code/{self.digest}/"
        self.run: Run = replace(RUN, bucket=settings.bucket, code_version=self.digest, code_prefix=prefix)

    def put(self, key: str, data: bytes) -> str:
        """Leave an object, and return its URI."""
        self.aws.local_aws.client("s3").put_object(Bucket=self.settings.bucket, Key=key, Body=data)
        return f"s3://{self.settings.bucket}/{key}"

    def release_training(self, script: str) -> None:
        """Release a training script as the code that the run uses."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            member = tarfile.TarInfo("train.py")
            member.size = len(script.encode())
            archive.addfile(member, io.BytesIO(script.encode()))
        self.put(f"code/{self.digest}/training_jobs/ncf/sourcedir.tar.gz", packed.getvalue())

    def examples(self) -> str:
        """Leave one file of examples, and return the URI of SageMaker's manifest of it."""
        place = self.run.place("build_examples", self.digest)
        self.put(f"{place.prefix}train/part-0.txt", b"1\n")
        manifest = [{"prefix": place.uri}, "train/part-0.txt"]
        return self.put(f"{place.prefix}examples.manifest", json.dumps(manifest).encode())

    def task(self, task: str, *, generation: int = 1, retry: int = 0) -> Task:
        """The surroundings of one try of a task."""
        return Task(self, Identity(task=task, digest=self.digest, generation=generation, retry=retry))


@dataclass
class Task:
    """What trainyard.aws.runtime.Runtime tells, without Airflow."""

    account: Account
    identity: Identity

    @property
    def aws(self) -> Any:
        """Clients."""
        return self.account.aws

    def job(self, replacement: int = 0, limit: int = 63) -> Job:
        """The job that the task is about to ask for."""
        run, step = self.account.run, self.identity.task.rpartition(".")[2]
        return Job(
            name=self.identity.job_name(SPEC.name, replacement, limit),
            place=run.place(step, self.identity.token(replacement)),
            spec=SPEC,
            settings=self.account.settings,
            run=run,
            inputs={},
            tags=tags_of(
                bucket=self.account.settings.bucket,
                model=SPEC.name,
                partition=run.partition,
                dag_id="d",
                run_id="r",
                task_id=self.identity.task,
            ),
        )
