import asyncio
import json
import time
from functools import partial
from typing import Any

import pytest

from tests.unit.trainyard.triggers.scripted import ABSENT, CUT, DENIED, ENDED, THROTTLED, fired, with_script
from trainyard.catalog import ENDPOINT, KINDS, TRAINING
from trainyard.triggers import job as module
from trainyard.triggers.job import JobTrigger
from trainyard.triggers.patience import Patience

RUNNING = {"TrainingJobStatus": "InProgress"}


def trigger(kind: str = TRAINING.key, seconds: float = 60.0, **more: Any) -> JobTrigger:
    ref = {"EndpointName": "e"} if kind == ENDPOINT.key else {"TrainingJobName": "train-1"}
    return JobTrigger(kind=kind, ref=ref, region="us-east-1", poll_seconds=0.01, deadline=time.time() + seconds, **more)


def status(word: str) -> dict[str, str]:
    return {"TrainingJobStatus": word}


@pytest.mark.parametrize("word", ["Completed", "Failed", "Stopped"])
def test_the_wait_ends_when_the_job_has_ended(word: str) -> None:
    waiting = trigger(carry={"replacement": 2})
    with_script(waiting, describe_training_job=[RUNNING, RUNNING, status(word)])
    assert fired(waiting) == {
        "ref": {"TrainingJobName": "train-1"},
        "replacement": 2,
        "outcome": "ended",
        "status": word,
    }


def test_a_job_that_ended_before_the_wait_began_is_not_lost() -> None:
    waiting = trigger()
    client = with_script(waiting, describe_training_job=[status("Completed")])
    assert fired(waiting)["outcome"] == "ended"
    assert client.calls == ["describe_training_job"]


def test_a_state_nobody_knows_is_waited_out() -> None:
    waiting = trigger()
    with_script(waiting, describe_training_job=[status("Polishing"), status("Completed")])
    assert fired(waiting)["status"] == "Completed"


@pytest.mark.parametrize("trouble", [THROTTLED, CUT, ABSENT])
def test_what_passes_is_waited_out_with_a_new_client_each_time(trouble: Exception) -> None:
    waiting = trigger()
    with_script(waiting, describe_training_job=[RUNNING, trouble, trouble, trouble, status("Completed")])
    assert fired(waiting)["outcome"] == "ended"
    assert waiting.aws.opened == 4  # type: ignore[attr-defined]


def test_what_does_not_pass_ends_the_wait_at_once() -> None:
    waiting = trigger()
    client = with_script(waiting, describe_training_job=[DENIED])
    event = fired(waiting)
    assert (event["outcome"], event["transient"]) == ("unreachable", False)
    assert "AccessDeniedException" in event["reason"]
    assert len(client.calls) == 1


def test_trouble_that_goes_on_ends_the_wait_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "Patience", partial(Patience, bound=0.1))
    waiting = trigger()
    with_script(waiting, describe_training_job=[THROTTLED])
    event = fired(waiting)
    assert (event["outcome"], event["transient"]) == ("unreachable", True)


def test_a_job_whose_time_is_up_is_stopped() -> None:
    waiting = trigger(seconds=0.05)
    client = with_script(waiting, describe_training_job=[RUNNING], stop_training_job=[{}])
    assert fired(waiting)["outcome"] == "timed_out"
    assert client.finished[-1] == "stop_training_job"


def test_a_killed_task_stops_its_job() -> None:
    waiting = trigger()
    client = with_script(waiting, stop_training_job=[THROTTLED, {}])
    asyncio.run(waiting.on_kill())
    assert client.calls == ["stop_training_job", "stop_training_job"]


def test_a_kill_is_known_as_one_although_a_library_below_loses_its_message() -> None:
    waiting = trigger()

    async def loses_the_message(*_: Any, **__: Any) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise asyncio.CancelledError from None  # as asgiref's sync_to_async does

    waiting._watch = loses_the_message  # type: ignore[method-assign,assignment]
    with_script(waiting)

    async def killed() -> tuple[Any, ...]:
        async def first() -> Any:
            return await anext(aiter(waiting.run()))

        running = asyncio.create_task(first())
        await asyncio.sleep(0.05)
        running.cancel("user-action")
        try:
            await running
        except asyncio.CancelledError as cancelled:
            return cancelled.args
        return ()

    assert asyncio.run(killed()) == ("user-action",)


def test_a_stop_is_not_cut_short_by_cancellation_that_is_repeated() -> None:
    waiting = trigger()
    client = with_script(waiting, seconds=0.1, stop_training_job=[{}])

    async def killed_as_the_triggerer_does() -> None:
        killing = asyncio.create_task(waiting.on_kill())
        while not killing.done():
            await asyncio.sleep(0.01)
            killing.cancel("user-action")

    asyncio.run(killed_as_the_triggerer_does())
    assert client.finished == ["stop_training_job"]


def test_a_job_that_has_ended_needs_no_stopping() -> None:
    waiting = trigger()
    client = with_script(waiting, stop_training_job=[ENDED], describe_training_job=[status("Completed")])
    asyncio.run(waiting.on_kill())
    assert client.calls == ["stop_training_job", "describe_training_job"]


def test_an_endpoint_that_is_being_updated_is_left_alone() -> None:
    waiting = trigger(ENDPOINT.key)
    client = with_script(waiting)
    asyncio.run(waiting.on_kill())
    assert client.calls == []


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_another_triggerer_can_go_on_waiting(kind: str) -> None:
    path, kept = trigger(kind, carry={"replacement": 1}).serialize()
    assert path == "trainyard.triggers.job.JobTrigger"
    assert JobTrigger(**json.loads(json.dumps(kept))).serialize() == (path, kept)
