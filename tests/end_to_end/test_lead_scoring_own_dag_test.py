"""Lead scoring by an image of one's own on local_aws: one run, from the warehouse and back into it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.pipeline import Pipeline, Run, airflow
from tests.support import LocalAwsForTests
from yard.clients import Aws
from yard.warehouse import Warehouse

ROOT = Path(__file__).parents[2]
PARTITION = "2026-02-02"
REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"

pytestmark = [pytest.mark.long, pytest.mark.end_to_end, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def pipeline(local_aws: LocalAwsForTests, outputs: dict[str, str], airflow_home: Path) -> Iterator[Pipeline]:
    """The DAG, on a local_aws that looks for images in ``containers/``."""
    dags = Path(__file__).with_name("dags")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCAL_AWS_IMAGES", str(ROOT / "containers"))
        with airflow(local_aws, outputs, airflow_home, "lead_scoring_own", dags) as pipeline:
            yield pipeline


@pytest.fixture(scope="module")
def done(pipeline: Pipeline) -> Run:
    """One run of one week."""
    return pipeline.run(partition=PARTITION, max_iter=60)


def test_an_image_of_ones_own_trains_judges_and_scores(
    done: Run, outputs: dict[str, str], local_aws: LocalAwsForTests
) -> None:
    assert done.state == "success", done.log[-5000:]
    assert done["train"]["hyperparameters"]["max_iter"] == 60
    judged = done["evaluate"]
    assert judged["challenger"]["auc"] > judged["baseline"]["auc"] > 0.5
    assert judged["champion"] is None
    assert judged["facts"]["rows"] == done["unload_test"]["rows"]
    described = local_aws.client("sagemaker").describe_processing_job(ProcessingJobName=judged["job"])
    assert described["AppSpecification"]["ImageUri"] == f"{REGISTRY}/lead-scoring-python:1"
    assert described["AppSpecification"]["ContainerEntrypoint"] == ["evaluate"]
    assert done["register"]["approved"], done["register"]["reason"]

    warehouse = Warehouse(Aws(local_aws.endpoint_url), outputs)
    found = warehouse.query("SELECT lead_id, score, model_version FROM marketing.lead_scores_own", "look")
    week = f"created_at >= '{PARTITION}' AND created_at < DATEADD(day, 7, CAST('{PARTITION}' AS date))"
    leads = warehouse.query(f"SELECT lead_id FROM marketing.leads WHERE {week}", "look")
    assert sorted(lead for lead, _, _ in found) == sorted(lead for (lead,) in leads)
    assert {int(version) for _, _, version in found} == {done["register"]["model_version"]}


def test_the_registry_keeps_the_image_with_the_model(done: Run, local_aws: LocalAwsForTests) -> None:
    version = local_aws.client("sagemaker").describe_model_package(ModelPackageName=done["register"]["model_package"])
    [container] = version["InferenceSpecification"]["Containers"]
    assert container["Image"].startswith(f"{REGISTRY}/lead-scoring-python")
