import json
import time
from typing import Any

from tests.unit.trainyard.triggers.scripted import DENIED, THROTTLED, fired, with_script
from trainyard.triggers.rows import RowsTrigger

ASKED = {"Id": "d2b6d8c4-0000-0000-0000-000000000000"}
FINISHED = {"Status": "FINISHED"}
NOTHING: dict[str, Any] = {"Records": []}
ONE_ROW = {"Records": [[{"longValue": 7}, {"stringValue": "2026-02-09"}, {"isNull": True}]]}


def trigger(seconds: float = 60.0, once: bool = False) -> RowsTrigger:
    return RowsTrigger(
        sql="SELECT 1 WHERE name = :name", parameters={"name": "x"}, target={"Database": "dev"}, region="us-east-1",
        interval=0.01, deadline=time.time() + seconds, once=once,
    )  # fmt: skip


def test_it_asks_until_there_is_an_answer() -> None:
    waiting = trigger()
    client = with_script(
        waiting,
        execute_statement=[ASKED],
        describe_statement=[{"Status": "STARTED"}, FINISHED],
        get_statement_result=[NOTHING, NOTHING, ONE_ROW],
    )
    assert fired(waiting) == {"outcome": "rows", "rows": [[7, "2026-02-09", None]]}
    assert client.calls.count("execute_statement") == 3


def test_it_gives_up_at_the_deadline() -> None:
    waiting = trigger(seconds=0.05)
    with_script(waiting, execute_statement=[ASKED], describe_statement=[FINISHED], get_statement_result=[NOTHING])
    assert fired(waiting)["outcome"] == "none"


def test_it_asks_once_when_told_to() -> None:
    waiting = trigger(once=True)
    client = with_script(
        waiting, execute_statement=[ASKED], describe_statement=[FINISHED], get_statement_result=[NOTHING]
    )
    assert fired(waiting) == {"outcome": "none", "rows": []}
    assert client.calls.count("execute_statement") == 1


def test_a_question_that_the_warehouse_cannot_answer_fails_with_its_words() -> None:
    waiting = trigger()
    failed = {"Status": "FAILED", "Error": 'ERROR: relation "shop.partitions" does not exist'}
    with_script(waiting, execute_statement=[ASKED], describe_statement=[failed])
    event = fired(waiting)
    assert (event["outcome"], event["transient"]) == ("failed", False)
    assert 'relation "shop.partitions" does not exist' in event["reason"]


def test_throttling_is_waited_out_and_a_refusal_is_not() -> None:
    patient, refused = trigger(), trigger()
    answers: Any = {"describe_statement": [FINISHED], "get_statement_result": [ONE_ROW]}
    with_script(patient, execute_statement=[THROTTLED, THROTTLED, ASKED], **answers)
    with_script(refused, execute_statement=[DENIED])
    assert fired(patient)["outcome"] == "rows"
    assert fired(refused)["outcome"] == "failed"


def test_another_triggerer_can_go_on_asking() -> None:
    path, kept = trigger().serialize()
    assert RowsTrigger(**json.loads(json.dumps(kept))).serialize() == (path, kept)
