"""A SageMaker pipeline and a state machine as steps: started once, waited for, their outputs listed, failures told."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.pipeline import Pipeline, Run, airflow
from tests.local_aws.sagemaker_pipelines.support import Pipelines, get, join
from tests.support import LocalAwsForTests

PARTITION = "2026-02-02"
VERSION = "arn:aws:sagemaker:us-east-1:123456789012:model-package/weekly/1"

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def pipelines(local_aws: LocalAwsForTests) -> Pipelines:
    """What the team had before it had a DAG."""
    pipelines = Pipelines(local_aws)
    pipelines.sagemaker.create_pipeline(**pipelines.request("weekly", definition(pipelines, "echo $WEEK")))
    states = local_aws.client("stepfunctions")
    states.create_state_machine(name="weekly", definition=machine(pipelines), roleArn=pipelines.role)
    return pipelines


def machine(pipelines: Pipelines) -> str:
    """A state machine of one processing job, which writes where it is told to, and what version it would register."""
    job = pipelines.processing("Report", "echo $WEEK > /opt/ml/processing/report/week.txt", outputs=("report",))
    request = job["Arguments"] | {"ProcessingJobName.$": "States.Format('weekly-{}', $$.Execution.Name)"}
    request["Environment"] = {"WEEK.$": "$.Week"}
    [output] = request["ProcessingOutputConfig"]["Outputs"]
    del output["S3Output"]["S3Uri"]
    output["S3Output"]["S3Uri.$"] = "$.Place.Uri"
    report = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createProcessingJob.sync",
        "Parameters": request,
        "ResultSelector": {"Status.$": "$.ProcessingJobStatus", "Version": VERSION},
        "End": True,
    }
    return json.dumps({"StartAt": "Report", "States": {"Report": report}})


def definition(pipelines: Pipelines, command: str) -> str:
    """A pipeline of one step, which writes where it is told to."""
    step = pipelines.processing("Report", f"{command} > /opt/ml/processing/report/week.txt", outputs=("report",))
    step["Arguments"]["Environment"] = {"WEEK": get("Parameters.Week"), "VERSION": get("Parameters.Version")}
    [output] = step["Arguments"]["ProcessingOutputConfig"]["Outputs"]
    output["S3Output"]["S3Uri"] = join(get("Parameters.Output"), "report")
    parameters = [{"Name": name, "Type": "String"} for name in ("Week", "Output", "Version")]
    return pipelines.definition(step, parameters=parameters)


@pytest.fixture(scope="module")
def pipeline(
    pipelines: Pipelines, local_aws: LocalAwsForTests, outputs: dict[str, str], airflow_home: Path
) -> Iterator[Pipeline]:
    dags = Path(__file__).with_name("dags")
    with airflow(local_aws, outputs, airflow_home, "pipeline_in_a_dag", dags) as pipeline:
        yield pipeline


@pytest.fixture(scope="module")
def done(pipeline: Pipeline) -> Run:
    """One run of one partition."""
    return pipeline.run(partition=PARTITION)


def test_the_pipeline_runs_once_with_what_the_run_is_about(done: Run, pipelines: Pipelines) -> None:
    assert done.state == "success", done.log[-5000:]
    ran = done["run_pipeline"]
    listed = pipelines.sagemaker.list_pipeline_executions(PipelineName="weekly")["PipelineExecutionSummaries"]
    assert [item["PipelineExecutionArn"] for item in listed] == [ran["execution"]]
    assert ran["parameters"]["Week"] == PARTITION
    assert ran["parameters"]["Version"] == done["resolve_run"]["code_version"]
    assert ran["steps"]["Report"]["status"] == "Succeeded"
    assert ":processing-job/" in ran["steps"]["Report"]["arn"]


def test_what_it_left_is_listed_by_a_manifest(done: Run, pipelines: Pipelines) -> None:
    ran = done["run_pipeline"]
    bucket, _, key = ran["manifest"].removeprefix("s3://").partition("/")
    manifest = json.loads(pipelines.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    [file] = manifest["files"]
    assert file["key"].endswith("/made/report/week.txt")
    assert pipelines.s3.get_object(Bucket=bucket, Key=file["key"])["Body"].read() == f"{PARTITION}\n".encode()
    assert manifest["facts"]["execution"] == ran["execution"]


def test_a_state_machine_runs_once_and_its_output_and_its_files_are_the_tasks(done: Run, pipelines: Pipelines) -> None:
    ran = done["run_state_machine"]
    assert ran["output"] == {"Status": "Completed", "Version": VERSION}
    assert ran["model_packages"] == [VERSION]
    states = pipelines.aws.client("stepfunctions")
    [listed] = states.list_executions(stateMachineArn=ran["machine"])["executions"]
    assert listed["executionArn"] == ran["execution"]
    given = json.loads(states.describe_execution(executionArn=ran["execution"])["input"])
    assert given["After"] == done["run_pipeline"]["execution"]
    assert "dag=pipeline_in_a_dag" in given["trainyard"]
    bucket, _, key = ran["manifest"].removeprefix("s3://").partition("/")
    manifest = json.loads(pipelines.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    assert [file["key"].rpartition("/")[2] for file in manifest["files"]] == ["week.txt", "output.json"]
    assert pipelines.s3.get_object(Bucket=bucket, Key=manifest["files"][0]["key"])["Body"].read() == b"2026-02-02\n"


def test_a_pipeline_that_fails_fails_its_task_and_the_log_says_which_step_and_why(
    done: Run, pipeline: Pipeline, pipelines: Pipelines
) -> None:
    assert done.state
    broken = definition(pipelines, "echo 'no rows' > /opt/ml/output/message; exit 3; echo")
    pipelines.sagemaker.update_pipeline(PipelineName="weekly", PipelineDefinition=broken)
    run = pipeline.run(partition=PARTITION)
    assert run.states("failed") == {"run_pipeline"}
    assert "Step failure: One or multiple steps failed." in run.log
    assert "Report Failed ClientError: AlgorithmError" in run.log
