import json

import pytest

from tests.unit.trainyard.made_up import RUN
from trainyard.errors import ParamError
from trainyard.run import Run, refuse_unknown


def test_a_run_survives_xcom() -> None:
    assert Run.from_json(json.loads(json.dumps(RUN.to_json()))) == RUN


def test_an_unknown_field_of_the_form_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(ParamError, match=r"'epoch'.*Did you mean 'epochs'"):
        refuse_unknown({"epoch": 3}, {"epochs", "lr"})


def test_known_fields_pass() -> None:
    refuse_unknown({"epochs": 3}, {"epochs", "lr"})
