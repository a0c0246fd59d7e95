"""What a job's description says of the time it took."""

from datetime import UTC, datetime, timedelta

from trainyard.job import seconds_of

BEGAN = datetime(2026, 2, 2, tzinfo=UTC)


def test_a_job_took_the_time_between_its_start_and_its_end() -> None:
    told = {"TransformStartTime": BEGAN, "TransformEndTime": BEGAN + timedelta(seconds=12.3456)}
    assert seconds_of(told, "Transform") == 12.346


def test_a_description_without_times_says_nothing() -> None:
    assert seconds_of({"ProcessingStartTime": BEGAN}, "Processing") is None
