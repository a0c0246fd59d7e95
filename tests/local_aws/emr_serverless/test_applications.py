"""Applications: their states, what is kept of them, what is refused."""

from typing import Any

import pytest

from local_aws.services.emr_serverless import running
from tests.local_aws.emr_serverless.support import RELEASE, Applications


def test_an_application_is_created_started_stopped_and_deleted(applications: Applications) -> None:
    application = applications.create(name="spark", tags={"team": "shop"})
    created = applications.describe(application)
    assert (created["name"], created["type"], created["releaseLabel"]) == ("spark", "Spark", RELEASE)
    assert created["arn"].endswith(f":/applications/{application}")
    assert created["autoStartConfiguration"] == {"enabled": True}
    assert created["autoStopConfiguration"] == {"enabled": True, "idleTimeoutMinutes": 15}
    applications.api.start_application(applicationId=application)
    applications.application(application, "STARTED")
    in_use = applications.refusal("delete_application", applicationId=application)
    assert in_use == (
        "ValidationException",
        f"Application {application} must be in one of the following statuses [CREATED, STOPPED]. "
        "Current status: STARTED",
    )
    applications.api.stop_application(applicationId=application)
    applications.application(application, "STOPPED")
    applications.api.delete_application(applicationId=application)
    assert applications.describe(application)["state"] == "TERMINATED"
    refused = applications.refusal("start_job_run", **applications.request(application, "s3://b/x.py"))
    assert refused == ("ValidationException", f"Application {application} is terminated. Cannot start job run.")


def test_an_idle_application_stops_by_itself(applications: Applications, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MINUTE", 0.2)
    application = applications.create(autoStopConfiguration={"enabled": True, "idleTimeoutMinutes": 1})
    applications.api.start_application(applicationId=application)
    applications.application(application, "STARTED")
    applications.application(application, "STOPPED")


def test_the_same_client_token_makes_one_application(applications: Applications) -> None:
    asked = {"releaseLabel": RELEASE, "type": "SPARK", "clientToken": "once-and-for-all", "name": "one"}
    first, again = (applications.api.create_application(**asked)["applicationId"] for _ in range(2))
    assert first == again
    code, _ = applications.refusal("create_application", **{**asked, "name": "other"})
    assert code == "ConflictException"


def test_an_application_that_is_off_can_be_told_other_things(applications: Applications) -> None:
    application = applications.create(maximumCapacity={"cpu": "8 vCPU", "memory": "64 GB"})
    told = {"autoStopConfiguration": {"idleTimeoutMinutes": 5}, "releaseLabel": "emr-7.12.0"}
    changed = applications.api.update_application(applicationId=application, clientToken="t", **told)["application"]
    assert changed["autoStopConfiguration"] == {"enabled": True, "idleTimeoutMinutes": 5}
    assert changed["releaseLabel"] == "emr-7.12.0"
    assert changed["maximumCapacity"] == {"cpu": "8 vCPU", "memory": "64 GB"}
    applications.api.start_application(applicationId=application)
    applications.application(application, "STARTED")
    refused = applications.refusal("update_application", applicationId=application, clientToken="t", **told)
    assert refused[0] == "ValidationException"
    applications.api.stop_application(applicationId=application)


def test_lists_are_filtered_and_paged(applications: Applications) -> None:
    made = [applications.create(name=f"listed-{number}") for number in range(3)]
    pages = applications.api.get_paginator("list_applications").paginate(
        states=["CREATED"], PaginationConfig={"PageSize": 2}
    )
    listed = [item for page in pages for item in page["applications"]]
    assert [item["id"] for item in listed if item["name"].startswith("listed-")] == list(reversed(made))
    assert {item["state"] for item in listed} == {"CREATED"}
    unfiltered = applications.api.list_applications()["applications"]
    assert [item["id"] for item in unfiltered[:3]] == list(reversed(made))


def test_tags_are_added_listed_and_removed(applications: Applications) -> None:
    arn = applications.describe(applications.create(tags={"a": "1"}))["arn"]
    applications.api.tag_resource(resourceArn=arn, tags={"b": "2"})
    assert applications.api.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1", "b": "2"}
    applications.api.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert applications.api.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"releaseLabel": "emr-9.9.9"}, "ValidationException", "does not exist"),
        ({"type": "TRINO"}, "ValidationException", "Unsupported engine TRINO"),
        ({"type": "HIVE"}, "NotImplemented", "type HIVE"),
        ({"interactiveConfiguration": {"livyEndpointEnabled": True}}, "NotImplemented", "interactiveConfiguration"),
        (
            {"monitoringConfiguration": {"cloudWatchLoggingConfiguration": {"enabled": True}}},
            "NotImplemented",
            "monitoringConfiguration.cloudWatchLoggingConfiguration",
        ),
        ({"autoStopConfiguration": {"idleTimeoutMinutes": 0}}, "ValidationException", "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_is_refused(applications: Applications, changes: dict[str, Any], code: str, words: str) -> None:
    refused = applications.refusal(
        "create_application", **{"releaseLabel": RELEASE, "type": "SPARK", "clientToken": "x", **changes}
    )
    assert refused[0] == code
    assert words in refused[1]


def test_what_is_not_there_says_so(applications: Applications) -> None:
    missing = applications.refusal("get_application", applicationId="00f0nothere")
    assert missing == ("ResourceNotFoundException", "Application 00f0nothere does not exist")
    application = applications.create()
    missing = applications.refusal("get_job_run", applicationId=application, jobRunId="00f0nothere")
    assert missing == ("ResourceNotFoundException", "JobRun 00f0nothere does not exist")
    code, message = applications.refusal("get_dashboard_for_job_run", applicationId=application, jobRunId="00f0nothere")
    assert (code, "GetDashboardForJobRun" in message) == ("NotImplemented", True)
