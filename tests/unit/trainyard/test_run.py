import json
from dataclasses import replace

from tests.unit.trainyard.made_up import RUN
from trainyard.run import Run


def test_a_run_survives_xcom() -> None:
    assert Run.from_json(json.loads(json.dumps(RUN.to_json()))) == RUN


def test_sql_sees_the_dates_of_a_run_that_says_no_instants() -> None:
    assert (RUN.starts_at, RUN.ends_at) == ("2026-02-02", "2026-02-09")
    told = replace(RUN, starts_at="2026-02-01 23:00:00", ends_at="2026-02-08 23:00:00")
    assert Run.from_json(json.loads(json.dumps(told.to_json()))) == told
