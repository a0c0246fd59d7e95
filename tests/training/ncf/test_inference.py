"""The served model: requests, answers, and what is wrong with either."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from artefact import Artefact
from inference import RequestError, input_fn, model_fn, output_fn, predict_fn
from model import scores
from ranker import Ranker

JSON, LINES = "application/json", "application/jsonlines"


@pytest.fixture(scope="module")
def ranker(model_dir: Path) -> Ranker:
    return model_fn(str(model_dir))


def asked(ranker: Ranker, body: str, content_type: str = JSON, accept: str = JSON) -> str:
    return output_fn(predict_fn(input_fn(body, content_type), ranker), accept)[0]


def test_a_known_user_gets_the_best_of_what_they_do_not_have(ranker: Ranker, artefact: Artefact) -> None:
    answer = json.loads(asked(ranker, '{"user": "søren-4", "k": 5}'))
    start, end = artefact.seen_offsets[4:6].tolist()
    had = artefact.seen_items[start:end].tolist()
    logits = scores(artefact.model, torch.tensor([4]), torch.arange(60)[None])[0]
    logits[had] = -torch.inf
    best = logits.topk(5)
    assert answer["items"] == [artefact.items[number] for number in best.indices.tolist()]
    assert answer["scores"] == pytest.approx(torch.sigmoid(best.values).tolist())
    assert answer["known_user"] is True


def test_as_many_items_as_the_model_was_trained_for_where_the_request_does_not_say(ranker: Ranker) -> None:
    assert len(json.loads(asked(ranker, '{"user": "søren-4"}'))["items"]) == 10


def test_candidates_are_ranked_even_those_the_user_has(ranker: Ranker, artefact: Artefact) -> None:
    names = artefact.items[:8]
    answer = json.loads(asked(ranker, json.dumps({"user": "søren-4", "items": names})))
    logits = scores(artefact.model, torch.tensor([4]), torch.arange(8)[None])[0]
    assert answer["items"] == [names[number] for number in logits.argsort(descending=True).tolist()]
    assert answer["scores"] == sorted(answer["scores"], reverse=True)


def test_unknown_candidates_come_last_and_double_ones_once(ranker: Ranker, artefact: Artefact) -> None:
    names = ["nowhere", artefact.items[0], artefact.items[0], artefact.items[1]]
    answer = json.loads(asked(ranker, json.dumps({"user": "søren-4", "items": names})))
    assert len(answer["items"]) == 3
    assert (answer["items"][-1], answer["scores"][-1]) == ("nowhere", 0.0)


def test_an_unknown_user_gets_what_is_popular(ranker: Ranker, artefact: Artefact) -> None:
    answer = json.loads(asked(ranker, '{"user": "nobody", "k": 3}'))
    counts = [int(artefact.popularity[artefact.items.index(item)]) for item in answer["items"]]
    assert counts == sorted(artefact.popularity.tolist(), reverse=True)[:3]
    assert answer["known_user"] is False
    assert answer["scores"][0] == 1.0


def test_a_user_who_has_everything_gets_nothing(artefact: Artefact) -> None:
    offsets = torch.where(torch.arange(121) > 0, 60, 0)
    full = Artefact(
        artefact.config,
        artefact.model,
        artefact.users,
        artefact.items,
        artefact.popularity,
        offsets,
        torch.arange(60, dtype=torch.int32),
    )
    assert Ranker(full).best("søren-0", 10) == ([], [])
    assert len(Ranker(full).best("søren-1", 100)[0]) == 60


def test_lines_are_answered_one_by_one_in_order(ranker: Ranker) -> None:
    users = ["søren-2", "nobody", "søren-0"]
    body = "".join(json.dumps({"user": user}) + "\n" for user in users)
    for accept in (LINES, JSON, "*/*", ""):
        lines = asked(ranker, body, LINES, accept).splitlines()
        assert [json.loads(line)["user"] for line in lines] == users


def test_one_answer_is_a_line_for_whom_wants_lines(ranker: Ranker) -> None:
    assert asked(ranker, '{"user": "søren-2"}', JSON, LINES).endswith("}\n")


def test_bytes_and_a_charset_are_fine(ranker: Ranker) -> None:
    query = input_fn('{"user": "søren-2"}'.encode(), "application/json; charset=utf-8")
    assert predict_fn(query, ranker)["known_user"] is True  # type: ignore[call-overload]  # one query, one answer


def test_an_id_that_looks_like_a_number_may_be_sent_as_one(ranker: Ranker) -> None:
    assert json.loads(asked(ranker, '{"user": 17}'))["user"] == "17"


def test_an_answer_names_the_version_that_is_served(ranker: Ranker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINYARD_MODEL_VERSION", "recommender/7")
    assert json.loads(asked(ranker, '{"user": "søren-2"}'))["model_version"] == "recommender/7"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "words"),
    [
        ("user,item", "text/csv", 415, "Content type 'text/csv' is not supported"),
        ("", "", 415, "send application/json or application/jsonlines"),
        ("{", JSON, 400, "The request is not JSON"),
        ("[1]", JSON, 400, 'must be an object with a "user"'),
        ("{}", JSON, 400, 'must be an object with a "user"'),
        ('{"user": true}', JSON, 400, 'must be an object with a "user"'),
        ('{"user": "u", "items": "i"}', JSON, 400, '"items" must be a list'),
        ('{"user": "u", "items": [null]}', JSON, 400, '"items" must be a list'),
        ('{"user": "u", "k": 0}', JSON, 400, '"k" must be a whole number from 1'),
        ('{"user": "u", "k": "5"}', JSON, 400, '"k" must be a whole number from 1'),
        ('{"user": "u"}\n\n{"user": 1.5}', LINES, 400, "Line 3 must be an object"),
    ],
)
def test_a_bad_request_is_refused_with_the_reason(body: str, content_type: str, status: int, words: str) -> None:
    with pytest.raises(RequestError) as refusal:
        input_fn(body, content_type)
    assert refusal.value.status_code == status
    assert words in refusal.value.message


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(RequestError, match="not UTF-8"):
        input_fn(b"\xff\xfe", JSON)


def test_an_answer_in_another_form_is_refused(ranker: Ranker) -> None:
    with pytest.raises(RequestError, match="Accept 'text/csv' is not supported") as refusal:
        asked(ranker, '{"user": "søren-2"}', JSON, "text/csv")
    assert refusal.value.status_code == 406


def test_the_artefact_serves_by_itself(model_dir: Path) -> None:
    """As a container does: with nothing on the path but the artefact's own code."""
    program = (
        "import inference; ranker = inference.model_fn('.'); "
        'query = inference.input_fn(\'{"user": "søren-1", "k": 2}\', \'application/json\'); '
        "print(inference.output_fn(inference.predict_fn(query, ranker), 'application/json')[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=model_dir,
        env={"PYTHONPATH": str(model_dir / "code")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["items"]) == 2
