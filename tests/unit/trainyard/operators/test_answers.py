"""Who answers, and does it say anything?"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.trainyard.made_up import LEADS, SPEC
from trainyard.errors import OutputWrong, RolledBack
from trainyard.operators.answers import require_content, require_version

if TYPE_CHECKING:
    from tests.unit.trainyard.operators.conftest import Surroundings


def asked(surroundings: Surroundings, serving: Any, answer: str, sample_answer: str = "") -> Any:
    surroundings.script.answers["invoke_endpoint"] = [{"Body": io.BytesIO(answer.encode())}]
    return require_version(surroundings.aws, serving, 3, "35,0.1", {"sample_answer": sample_answer})


def test_a_container_that_says_its_version_is_believed(surroundings: Surroundings) -> None:
    assert asked(surroundings, SPEC.serving, '{"model_version": "3"}') == {"model_version": "3"}
    with pytest.raises(RolledBack, match="asked for version 3, but version 2 answered"):
        asked(surroundings, SPEC.serving, '{"model_version": "2"}')


def test_a_bare_number_is_that_of_the_version_that_gave_it_in_the_batch(surroundings: Surroundings) -> None:
    assert asked(surroundings, LEADS.serving, "0.25000001\n", "lead-1,0.25") == "0.25000001"
    with pytest.raises(RolledBack, match=r"answered 0\.25 in the batch, but the endpoint answers 0\.26"):
        asked(surroundings, LEADS.serving, "0.26", "lead-1,0.25")


@pytest.mark.parametrize("answer", ["", "nan", "an error"])
def test_an_answer_that_is_no_number_is_no_score(surroundings: Surroundings, answer: str) -> None:
    with pytest.raises(OutputWrong, match="which is no number"):
        asked(surroundings, LEADS.serving, answer, "lead-1,0.25")


def test_an_answer_must_hold_more_than_the_version() -> None:
    require_content(SPEC.serving, {"user": "u"}, {"model_version": "3", "items": ["i"]})
    with pytest.raises(OutputWrong, match="with nothing but its version"):
        require_content(SPEC.serving, {"user": "u"}, {"model_version": "3", "items": []})
    with pytest.raises(OutputWrong, match="which is no number"):
        require_content(replace(SPEC.serving, content_type="text/csv"), "1,2", "")
