"""Steps of the further types: a search, a model, scoring in batch."""

import json

from tests.local_aws.sagemaker_hosting.support import SERVE, archive
from tests.local_aws.sagemaker_jobs.support import PYTHON
from tests.local_aws.sagemaker_jobs.test_tuning import tuning_request
from tests.local_aws.sagemaker_pipelines.support import Pipelines, condition, get, join


def test_a_model_is_made_and_scores(pipelines: Pipelines) -> None:
    described = json.dumps({"version": "1", "echo": True}).encode()
    data = pipelines.put("models/model.tar.gz", archive({"model.json": described, "code/serve": SERVE.read_bytes()}))
    rows = pipelines.put("requests/a.txt", "one\ntwo\n").removesuffix("a.txt")
    model = {
        "Name": "Model",
        "Type": "Model",
        "Arguments": {
            "PrimaryContainer": {"Image": PYTHON, "ModelDataUrl": data},
            "ExecutionRoleArn": pipelines.role,
        },
    }
    score = {
        "Name": "Score",
        "Type": "Transform",
        "Arguments": {
            "ModelName": get("Steps.Model.ModelName"),
            "TransformInput": {
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": rows}},
                "SplitType": "Line",
            },
            "TransformOutput": {
                "S3OutputPath": join(pipelines.uri("scored"), get("Execution.PipelineExecutionId"), on="/"),
                "AssembleWith": "Line",
            },
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        },
    }
    execution, steps = pipelines.ran(score, model)
    assert execution["PipelineExecutionStatus"] == "Succeeded", steps
    assert list(steps) == ["Model", "Score"]
    assert ":model/" in steps["Model"]["Metadata"]["Model"]["Arn"]
    execution_id = execution["PipelineExecutionArn"].rpartition("/")[2]
    assert pipelines.read(f"scored/{execution_id}/a.txt.out") == b"ONE\nTWO\n"


def test_the_best_trial_of_a_search_can_be_asked_for(pipelines: Pipelines) -> None:
    arguments = tuning_request(pipelines, "unused")
    del arguments["HyperParameterTuningJobName"]
    search = {"Name": "Search", "Type": "Tuning", "Arguments": arguments}
    best = get("Steps.Search.TrainingJobSummaries[0].TrainingJobName")
    same = condition("Same", best, get("Steps.Search.BestTrainingJob.TrainingJobName"), kind="Equals")
    execution, steps = pipelines.ran(search, same)
    assert execution["PipelineExecutionStatus"] == "Succeeded", steps
    assert steps["Same"]["Metadata"]["Condition"]["Outcome"] == "True"
    assert ":hyper-parameter-tuning-job/" in steps["Search"]["Metadata"]["TuningJob"]["Arn"]
