"""Operators without a worker: their surroundings are made up, and AWS answers from a script."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.trainyard.made_up import RUN, SETTINGS, job
from trainyard.names import Identity

if TYPE_CHECKING:
    from trainyard.job import Job
    from trainyard.run import Run


@dataclass
class Script:
    """A synchronous client that answers each method from its list, the last answer for ever."""

    answers: dict[str, list[Any]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    meta: Any = field(
        default_factory=lambda: SimpleNamespace(
            service_model=SimpleNamespace(service_name="sagemaker"), method_to_api_mapping={}
        )
    )

    def __getattr__(self, method: str) -> Any:
        if method not in self.answers:
            raise AssertionError(f"{method} was not expected")

        def answer(**params: Any) -> Any:
            self.calls.append((method, params))
            answers = self.answers[method]
            given = answers.pop(0) if len(answers) > 1 else answers[0]
            if isinstance(given, Exception):
                raise given
            return given

        return answer

    @property
    def called(self) -> list[str]:
        """The methods that were called, in order."""
        return [method for method, _ in self.calls]


@dataclass
class Surroundings:
    """What trainyard.aws.runtime.Runtime tells a task."""

    script: Script = field(default_factory=Script)
    its_run: Run = RUN
    pushed: dict[str, Any] = field(default_factory=dict)
    settings: Any = SETTINGS
    try_number: int = 1
    max_tries: int = 3
    start_date: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def aws(self) -> Any:
        """Clients: all of them the one script."""
        return SimpleNamespace(region="us-east-1", connection="aws_default", client=lambda *_, **__: self.script)

    @property
    def ti(self) -> Any:
        """The task instance."""
        return SimpleNamespace(
            xcom_push=lambda key, value: self.pushed.update({key: value}),
            xcom_pull=lambda task_ids, key, map_indexes: self.pushed.get(key),
            try_number=self.try_number,
            start_date=self.start_date,
            max_tries=self.max_tries,
            map_index=-1,
        )

    @property
    def identity(self) -> Identity:
        """Which piece of work the task stands for."""
        return Identity(task="learn.train", digest="3f9c2a1b7d", generation=1, retry=self.try_number - 1)

    def run(self) -> Run:
        """What the run is about."""
        return self.its_run

    def job(self, _spec: Any, run: Run, inputs: dict[str, Any], *, replacement: int = 0, limit: int = 63) -> Job:
        """The job of the task."""
        return replace(job("learn.train", replacement=replacement, limit=limit), run=run, inputs=inputs)


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch) -> Surroundings:
    """The surroundings that operators find in place of Airflow's."""
    found = Surroundings()
    for module in ("job", "endpoint"):
        monkeypatch.setattr(f"trainyard.operators.{module}.Runtime", lambda _context: found)
    monkeypatch.setattr("trainyard.operators.job.tail", lambda *_: ["the log's last line"])
    monkeypatch.setattr("trainyard.operators.endpoint.tail", lambda *_: ["the log's last line"])
    return found
