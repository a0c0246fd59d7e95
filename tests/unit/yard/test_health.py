"""Telling a stuck component from a busy machine and from a silent API server."""

from typing import Any

import pytest

from yard.health import Health

WELL = {"status": "healthy"}
ALL_WELL = dict.fromkeys(("metadatabase", "scheduler", "triggerer", "dag_processor"), WELL)


class Airflow:
    """What Airflow would say, and the time."""

    def __init__(self) -> None:
        self.report: dict[str, Any] | None = ALL_WELL
        self.now = 0.0
        self.health = Health("http://127.0.0.1", ask=lambda _: self.report, clock=lambda: self.now)

    def pass_time(self, seconds: float) -> None:
        """Let time pass, with the questions that the supervisor would ask."""
        until = self.now + seconds
        while self.now < until:
            self.now += 1
            if self.health.is_due():
                self.health.ask()

    def stuck(self) -> set[str]:
        return {
            name
            for name in ("api-server", "scheduler", "dag-processor", "triggerer", "log-server")
            if self.health.is_stuck(name, started=0.0)
        }


@pytest.fixture
def airflow() -> Airflow:
    return Airflow()


def test_all_components_well_is_healthy(airflow: Airflow) -> None:
    airflow.pass_time(1)
    assert airflow.health.all_healthy


@pytest.mark.parametrize("missing", ["scheduler", "triggerer", "dag_processor"])
def test_one_component_unwell_is_not_healthy(airflow: Airflow, missing: str) -> None:
    airflow.report = {**ALL_WELL, missing: {"status": None}}
    airflow.pass_time(1)
    assert not airflow.health.all_healthy


def test_a_component_that_was_unwell_for_a_moment_is_not_stuck(airflow: Airflow) -> None:
    airflow.pass_time(100)
    airflow.report = {**ALL_WELL, "scheduler": {"status": "unhealthy"}}
    airflow.pass_time(100)
    assert airflow.stuck() == set()


def test_a_component_that_stays_unwell_is_stuck_and_the_others_are_not(airflow: Airflow) -> None:
    airflow.pass_time(100)
    airflow.report = {**ALL_WELL, "scheduler": {"status": "unhealthy"}}
    airflow.pass_time(130)
    assert airflow.stuck() == {"scheduler"}


def test_a_silent_api_server_is_stuck_alone(airflow: Airflow) -> None:
    airflow.pass_time(10)
    airflow.report = None
    airflow.pass_time(200)
    assert airflow.stuck() == {"api-server"}


def test_a_component_started_again_gets_its_time_anew(airflow: Airflow) -> None:
    airflow.report = {**ALL_WELL, "triggerer": {"status": "unhealthy"}}
    airflow.pass_time(200)
    assert airflow.health.is_stuck("triggerer", started=0.0)
    assert not airflow.health.is_stuck("triggerer", started=150.0)


def test_questions_are_asked_often_while_starting_and_seldom_later(airflow: Airflow) -> None:
    airflow.report = None
    airflow.pass_time(1)
    airflow.now += 1
    assert airflow.health.is_due()
    airflow.report = ALL_WELL
    airflow.health.ask()
    airflow.now += 1
    assert not airflow.health.is_due()
