"""Parts of a running job by themselves: metrics, slots, a disk without room."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local_aws.services.sagemaker.observe import JobOutput, Metrics
from local_aws.services.sagemaker.run import JobRun
from local_aws.services.sagemaker.slots import Slots
from local_aws.services.sagemaker.supervision import Control
from local_aws.services.sagemaker.training_status import seconds_on_machines
from local_aws.services.sagemaker.workplace import Workplace


@pytest.mark.parametrize(
    ("line", "value"), [("loss=0.5", 0.5), ("loss=1e-3 loss=-2", -2), ("loss=", None), ("loss=nan loss=inf", None)]
)
def test_only_numbers_are_metrics(line: str, value: float | None) -> None:
    told: list[float] = []
    metrics = Metrics([{"Name": "loss", "Regex": r"loss=(\S*)"}], lambda name, number, at: told.append(number))
    metrics.read(line)
    assert [item["Value"] for item in metrics.final()] == ([] if value is None else [value])
    assert told[-1:] == ([] if value is None else [value])


def test_slots_are_given_in_the_order_of_asking_and_those_who_give_up_leave_the_queue() -> None:
    slots, gave_up, got = Slots(1), threading.Event(), []
    assert slots.take(lambda: False, lambda: None)

    def wait(name: str, leaves: bool) -> threading.Thread:
        queued = threading.Event()

        def ask() -> None:
            if slots.take(lambda: leaves and gave_up.is_set(), queued.set):
                got.append(name)
                slots.release()

        thread = threading.Thread(target=ask)
        thread.start()
        assert queued.wait(10)
        return thread

    threads = [wait("leaves", True), wait("second", False), wait("third", False)]
    gave_up.set()
    slots.wake()
    threads[0].join(10)
    assert got == []
    slots.release()
    for thread in threads:
        thread.join(10)
    assert got == ["second", "third"]


class FullDisk(JobRun):
    """A job whose end can be recorded only once its folder is gone."""

    recorded = ""

    def _waits(self) -> None:
        """Never here."""

    def _never_started(self) -> None:
        """Never here."""

    def _work(self, control: Control, workplace: Workplace, output: JobOutput) -> None:
        self._folder = workplace.ml
        raise OSError(28, "No space left on device")

    def _failed(self, reason: str, workplace: Workplace) -> None:
        if self._folder.exists():
            raise OSError(28, "No space left on device")
        self.recorded = reason


def test_a_job_on_a_full_disk_still_ends_with_its_reason(tmp_path: Path) -> None:
    writer = SimpleNamespace(write=lambda line: None, close=lambda: None)
    faults = SimpleNamespace(jobs=SimpleNamespace(lacks_capacity=lambda resource, name: False))
    world: Any = SimpleNamespace(
        root=tmp_path, logs=SimpleNamespace(stream=lambda group, stream: writer), faults=faults
    )
    slots = Slots(1)
    job = FullDisk(world, slots, "job", resource="training-job", log_group="g")
    job.run(Control(slots, 1))
    assert "No space left on device" in job.recorded
    assert slots.take(lambda: False, lambda: pytest.fail("the slot was not given back"))


@pytest.mark.parametrize(
    ("steps", "seconds"),
    [
        ([("Starting", 100), ("Downloading", 10), ("Training", 30), ("Uploading", 5), ("Completed", 0)], 45),
        ([("Training", 20), ("Interrupted", 500), ("Starting", 60), ("Training", 7), ("Uploading", 1)], 28),
        ([("Training", 20), ("Stopping", 3)], 23),
        ([("Training", 0.2)], 1),
    ],
)  # fmt: skip
def test_a_job_pays_for_its_machines_and_not_for_waiting_for_them(steps: list[tuple[str, float]], seconds: int) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    transitions: list[dict[str, Any]] = []
    for status, lasts in steps:
        transitions.append({"Status": status, "StartTime": moment})
        moment += timedelta(seconds=lasts)
        transitions[-1]["EndTime"] = moment
    del transitions[-1]["EndTime"]  # it goes on
    assert seconds_on_machines(transitions, moment) == seconds
