import json
import time

from botocore.exceptions import ClientError

from tests.unit.trainyard.triggers.scripted import CUT, DENIED, fired, with_script
from trainyard.triggers.manifest import ManifestTrigger
from trainyard.triggers.pause import PauseTrigger

MISSING = ClientError({"Error": {"Code": "404", "Message": "Not Found"}}, "HeadObject")


def trigger(seconds: float = 60.0) -> ManifestTrigger:
    return ManifestTrigger(uri="s3://b/m.json", region="us-east-1", interval=0.01, deadline=time.time() + seconds)


def test_it_looks_until_the_manifest_is_there() -> None:
    waiting = trigger()
    with_script(waiting, head_object=[MISSING, CUT, MISSING, {"ContentLength": 1}])
    assert fired(waiting) == {"outcome": "there", "uri": "s3://b/m.json"}


def test_it_gives_up_at_the_deadline() -> None:
    waiting = trigger(seconds=0.05)
    with_script(waiting, head_object=[MISSING])
    assert fired(waiting) == {"outcome": "absent", "uri": "s3://b/m.json"}


def test_a_refusal_ends_it_at_once() -> None:
    waiting = trigger()
    with_script(waiting, head_object=[DENIED])
    event = fired(waiting)
    assert (event["outcome"], event["transient"]) == ("failed", False)


def test_another_triggerer_can_go_on() -> None:
    path, kept = trigger().serialize()
    assert ManifestTrigger(**json.loads(json.dumps(kept))).serialize() == (path, kept)


def test_a_pause_ends_at_its_time_and_hands_on_what_it_carries() -> None:
    pause = PauseTrigger(until=time.time() + 0.05, carry={"since": 1.0, "times": 2})
    assert fired(pause) == {"since": 1.0, "times": 2, "outcome": "again"}
    assert time.time() >= pause.until
    path, kept = pause.serialize()
    assert PauseTrigger(**json.loads(json.dumps(kept))).serialize() == (path, kept)
