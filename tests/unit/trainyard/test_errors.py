from collections.abc import Iterator

import trainyard.errors
from trainyard.errors import AwsFailure, CallRefused, JobFailed, TrainyardError


def subclasses(cls: type) -> Iterator[type]:
    children: list[type] = type.__subclasses__(cls)
    for child in children:
        yield child
        yield from subclasses(child)


def test_a_failure_says_service_call_object_reason_and_remedy() -> None:
    error = CallRefused(
        service="sagemaker",
        call="CreateTrainingJob",
        about="train-1",
        reason="ValidationException: no",
        request_id="r-1",
    )
    for word in ("sagemaker", "CreateTrainingJob", "train-1", "ValidationException: no", "Remedy: ", "r-1"):
        assert word in str(error)


def test_a_failure_without_a_reason_says_so() -> None:
    assert "no reason" in str(CallRefused(service="s3", call="PutObject", about="k", reason=" "))


def test_a_failed_job_is_transient_only_when_told() -> None:
    said = {"service": "sagemaker", "call": "CreateTrainingJob", "about": "x", "reason": "y"}
    assert not JobFailed(**said).transient  # type: ignore[arg-type]
    assert JobFailed(**said, transient=True).transient


def test_the_tree_in_the_docstring_has_every_class() -> None:
    drawn = trainyard.errors.__doc__ or ""
    ours = {cls.__name__ for cls in subclasses(TrainyardError) if cls.__module__ == "trainyard.errors"}
    assert {name for name in ours if name not in drawn} == set()


def test_every_aws_failure_has_a_remedy() -> None:
    assert all(cls.default_remedy for cls in subclasses(AwsFailure) if issubclass(cls, AwsFailure))
