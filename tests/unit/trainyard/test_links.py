"""Addresses as the AWS console makes them."""

from trainyard.catalog import ENDPOINT, STATEMENT, STEP, TRAINING
from trainyard.links import console_page, log_page


def test_a_training_job_has_a_page_and_a_log() -> None:
    ref = {"TrainingJobName": "recommender-train-3f9c2a1b7d-1"}
    assert console_page(TRAINING, ref, "eu-west-1") == (
        "https://eu-west-1.console.aws.amazon.com/sagemaker/home?region=eu-west-1#/jobs/recommender-train-3f9c2a1b7d-1"
    )
    assert log_page(TRAINING, ref, "eu-west-1") == (
        "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/"
        "$252Faws$252Fsagemaker$252FTrainingJobs$3FlogStreamNameFilter$3Drecommender-train-3f9c2a1b7d-1"
    )


def test_a_step_leads_to_its_cluster() -> None:
    page = console_page(STEP, {"ClusterId": "j-1AB", "StepId": "s-2CD"}, "us-east-1")
    assert page.endswith("/emr/home?region=us-east-1#/clusterDetails/j-1AB")
    assert log_page(STEP, {"ClusterId": "j-1AB", "StepId": "s-2CD"}, "us-east-1") == ""


def test_an_endpoint_has_a_log_group_of_its_own() -> None:
    page = log_page(ENDPOINT, {"EndpointName": "recommender"}, "us-east-1")
    assert page.endswith("log-group/$252Faws$252Fsagemaker$252FEndpoints$252Frecommender")


def test_a_statement_has_no_page() -> None:
    assert console_page(STATEMENT, {"Id": "x"}, "us-east-1") == ""
