"""Job names: readable in the AWS console, the same for every retry, new after a Clear, short enough for every API.

``recommender-train-3f9c2a1b7d-1``: the model, the task, ten hexadecimal digits of (DAG, run, task, map index), and the
generation. They are known before the job is created, so a task that lost the reply to its create call, or its worker,
finds its job again by asking for that one name.

A **generation** begins when a person asks for the work anew. Airflow keeps two counters: ``try_number`` grows with each
try, and ``max_tries`` is the last try that is allowed; a Clear sets ``max_tries = try_number + retries``. So
``max_tries - retries + 1`` is the number of the first try since the last Clear: it stays over retries and over
deferral, and grows with each Clear.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

LIMIT = 63  # training, processing and transform jobs, models, endpoint configs
TUNING_LIMIT = 32  # hyperparameter tuning jobs: their training jobs get longer names made from theirs


class TaskInstance(Protocol):
    """What an Airflow task instance must tell."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int | None
    try_number: int


@dataclass(frozen=True)
class Identity:
    """Which piece of work a task stands for, and how often it was asked for and tried."""

    task: str  # "learn.train"
    digest: str  # ten hexadecimal digits of (DAG, run, task, map index)
    generation: int  # the first try since the last Clear; 1 at first
    retry: int  # how many tries of this generation came before; 0 at first

    @classmethod
    def of(cls, ti: TaskInstance, *, max_tries: int, retries: int) -> Identity:
        """Read the identity off a task instance."""
        map_index = -1 if ti.map_index is None else ti.map_index
        generation = max(1, max_tries - retries + 1)
        return cls(
            task=ti.task_id,
            digest=digest_of(ti.dag_id, ti.run_id, ti.task_id, map_index),
            generation=generation,
            retry=max(0, ti.try_number - generation),
        )

    def token(self, replacement: int = 0) -> str:
        """Return the part of a name, and of an S3 prefix, that is this work's alone.

        A job that failed keeps its name for ever, so the next try of the same generation needs another one:
        ``replacement`` counts the jobs that were given up, and 0 is the name that every try asks for first.
        """
        tail = f"r{replacement}" if replacement else ""
        return f"{self.digest}-{self.generation}{tail}"

    def job_name(self, model: str, replacement: int = 0, limit: int = LIMIT) -> str:
        """Return the name of the job: what gives way to the limit is the readable head, never the identity."""
        token = self.token(replacement)
        verb = self.task.rsplit(".", 1)[-1]
        head = aws_name(f"{model}-{verb}")[: limit - len(token) - 1].rstrip("-")
        return f"{head or 'job'}-{token}"


def digest_of(dag_id: str, run_id: str, task_id: str, map_index: int) -> str:
    """Return ten hexadecimal digits that stand for a task instance, whatever its ids are made of."""
    key = "\n".join((dag_id, run_id, task_id, str(map_index)))
    return sha256(key.encode()).hexdigest()[:10]


def aws_name(text: str) -> str:
    """Return text as SageMaker's names want it: letters, digits and single hyphens, none at the ends."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in text)
    return "-".join(part for part in plain.split("-") if part)


def content_name(head: str, *content: str, limit: int = LIMIT) -> str:
    """Return a name that says what is in it: the same content gets the same name, so making it twice is a no-op."""
    digest = sha256("\n".join(content).encode()).hexdigest()[:10]
    return f"{aws_name(head)[: limit - 11].rstrip('-') or 'content'}-{digest}"
