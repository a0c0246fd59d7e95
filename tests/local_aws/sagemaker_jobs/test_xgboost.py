"""SageMaker's built-in XGBoost: data formats, hyperparameters, metrics, checkpoints, and what it answers."""

import io
import json
import tarfile
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from botocore.exceptions import ClientError

from local_aws.testing import LocalAwsAdmin
from tests.local_aws.sagemaker_jobs.support import ENDED, Jobs, Record, eventually
from trainyard.scoring import score

pytestmark = pytest.mark.training

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
GROUP = "/aws/sagemaker/TrainingJobs"
PLAIN = {"num_round": "12", "objective": "binary:logistic", "eval_metric": "auc", "max_depth": "3", "nthread": "1"}


def leads(seed: int, rows: int = 2000) -> Any:
    """Leads whose first two features say how likely they buy; the label comes first."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(rows, 4)).astype(np.float32)
    chance = 1 / (1 + np.exp(-2 * features[:, 0] + features[:, 1]))
    return np.column_stack([(random.random(rows) < chance).astype(np.float32), features])


def as_csv(rows: Any) -> bytes:
    text = io.StringIO()
    np.savetxt(text, rows, delimiter=",", fmt="%.6g")
    return text.getvalue().encode()


def as_libsvm(rows: Any) -> bytes:
    lines = (f"{row[0]:g} " + " ".join(f"{i}:{value:.6g}" for i, value in enumerate(row[1:])) for row in rows)
    return "\n".join(lines).encode()


def as_parquet(rows: Any) -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.table({str(i): rows[:, i] for i in range(rows.shape[1])}), file)
    return file.getvalue()


def channel(jobs: Jobs, name: str, body: bytes, content_type: str = "text/csv") -> Record:
    prefix = f"{jobs.name(name)}/"
    jobs.put(f"{prefix}part-0", body)
    return {
        "ChannelName": name,
        "ContentType": content_type,
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": jobs.uri(prefix)}},
    }


def request(jobs: Jobs, channels: list[Record], hyperparameters: dict[str, str] = PLAIN, **more: Any) -> Record:
    asked = jobs.training_request(jobs.name(), "", **more)
    asked["AlgorithmSpecification"] = {"TrainingImage": IMAGE, "TrainingInputMode": "File"}
    return asked | {"HyperParameters": hyperparameters, "InputDataConfig": channels}


def train(jobs: Jobs, *channels: Record, **more: Any) -> Record:
    asked = request(jobs, list(channels), **more)
    jobs.sagemaker.create_training_job(**asked)
    return jobs.ended_training(asked["TrainingJobName"])


def metrics(job: Record) -> dict[str, float]:
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    return {item["MetricName"]: item["Value"] for item in job["FinalMetricDataList"]}


def model_of(jobs: Jobs, job: Record) -> bytes:
    key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(jobs.uri(""))
    packed = jobs.s3.get_object(Bucket=jobs.bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        member = archive.extractfile("xgboost-model")
        assert member is not None
        return member.read()


@pytest.fixture(scope="module")
def trained(jobs: Jobs) -> Record:
    return train(jobs, channel(jobs, "train", as_csv(leads(1))), channel(jobs, "validation", as_csv(leads(2))))


def test_it_learns_and_its_metrics_are_read_without_being_defined(jobs: Jobs, trained: Record) -> None:
    found = metrics(trained)
    assert found["train:auc"] > found["validation:auc"] > 0.85
    rounds = [line for line in jobs.lines(GROUP, trained["TrainingJobName"]) if line[0] == "["]
    assert len(rounds) == 12
    assert rounds[11].startswith("[11]#011train-auc:0.")
    assert "#011validation-auc:0." in rounds[11]


@pytest.mark.parametrize(("write", "content_type"), [(as_libsvm, "text/libsvm"), (as_parquet, "application/x-parquet")])
def test_every_format_gives_the_same_model(jobs: Jobs, trained: Record, write: Any, content_type: str) -> None:
    channels = [
        channel(jobs, name, write(leads(seed)), content_type) for name, seed in (("train", 1), ("validation", 2))
    ]
    assert metrics(train(jobs, *channels)) == pytest.approx(metrics(trained), abs=2e-3)


def test_fields_may_be_separated_by_another_mark(jobs: Jobs, trained: Record) -> None:
    channels = [
        channel(jobs, name, as_csv(leads(seed)).replace(b",", b";")) for name, seed in (("train", 1), ("validation", 2))
    ]
    assert metrics(train(jobs, *channels)) == metrics(trained)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"max_depht": "3"}, "Extraneous hyperparameter found: max_depht"),
        ({"eta": "2"}, "Hyperparameter eta: value 2 is not in range [0, 1]"),
        ({"num_round": "many"}, "Hyperparameter num_round: could not parse value 'many' as int"),
        ({"objective": "binary:best"}, "Hyperparameter objective: value binary:best not in"),
        ({"objective": "multi:softprob"}, "Missing required hyperparameter: num_class"),
        ({"eval_metric": "auc,luck"}, "Hyperparameter eval_metric: value luck not in"),
    ],
)
def test_a_hyperparameter_that_will_not_do_is_named(jobs: Jobs, changed: dict[str, str], told: str) -> None:
    job = train(jobs, channel(jobs, "train", b"1,2\n0,3\n"), hyperparameters=PLAIN | changed)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: ")
    assert told in job["FailureReason"]


ONE = "The label must be the first column."


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"label,age\n1,3\n", "Failed to load part-0: row 1 is a header (label, age): there must be none"),
        (b"1,3\n0,red\n", "Failed to load part-0: row 2, column 2: 'red' is no number"),
        (b'1,3\n0,"4\n5"\n', "Failed to load part-0: row 2: a quoted field holds a line end"),
        (b"1,3\n0,4,5\n", "Failed to load part-0: row 2 has 3 columns, and row 1 has 2"),
        (b"1,3\n0,inf\n", "Failed to load part-0: row 2, column 2: Input data contains `inf` or a value too large"),
        (b"1,3\n,2\n", f"Failed to load part-0: row 2: the label is missing, as in 1 rows. {ONE}"),
        (b"1,3\n47,0\n", f"row 2: label must be in [0,1] for logistic regression, and it is 47. {ONE}"),
        (b"1\n0\n", "Failed to load part-0: it has 1 columns; the first must be the label"),
        (b"1,3\n1,4\n", "All labels of the channel train are 1: base_score must be in (0,1) for logistic loss"),
        (b"", "No data in training channel path /opt/ml/input/data/train"),
    ],
)  # fmt: skip
def test_data_that_cannot_be_used_is_named_by_file_row_and_column(jobs: Jobs, body: bytes, told: str) -> None:
    job = train(jobs, channel(jobs, "train", body))
    assert job["FailureReason"].startswith("AlgorithmError: ")
    assert told in job["FailureReason"]
    assert not [line for line in jobs.lines(GROUP, job["TrainingJobName"]) if line.startswith("[")], "no round was done"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "No data in validation channel path /opt/ml/input/data/validation"),
        (b"0,3\n0,4\n", "All labels of the channel validation are 0: the dataset only contains pos or neg samples"),
        (b"0,3,1\n1,4,2\n", "The channel train has 1 features, another channel or host 2."),
    ],
)
def test_validation_data_that_cannot_be_used_is_named(jobs: Jobs, body: bytes, told: str) -> None:
    job = train(jobs, channel(jobs, "train", b"1,3\n0,4\n"), channel(jobs, "validation", body))
    assert told in job["FailureReason"]


def test_a_column_of_text_in_parquet_is_named(jobs: Jobs) -> None:
    file = io.BytesIO()
    parquet.write_table(pa.table({"label": [0, 1], "job": ["admin", "nurse"]}), file)
    job = train(jobs, channel(jobs, "train", file.getvalue(), "application/x-parquet"))
    assert "Failed to load part-0: column 2 (job) holds string and no numbers" in job["FailureReason"]


def test_a_job_that_is_stopped_leaves_the_model_so_far_where_it_is_asked_to(jobs: Jobs) -> None:
    slow = PLAIN | {"num_round": "100000", "save_model_on_termination": "true"}
    asked = request(jobs, [channel(jobs, "train", as_csv(leads(1)))], slow)
    name = asked["TrainingJobName"]
    jobs.sagemaker.create_training_job(**asked)
    eventually(lambda: any(line.startswith("[3]") for line in jobs.lines(GROUP, name)))
    jobs.sagemaker.stop_training_job(TrainingJobName=name)
    job = jobs.ended_training(name)
    assert job["TrainingJobStatus"] == "Stopped"
    assert len(model_of(jobs, job)) > 0


def test_training_goes_on_from_a_model_of_before(jobs: Jobs, trained: Record) -> None:
    data = channel(jobs, "train", as_csv(leads(1)))
    prefix = f"{jobs.name('former')}/"
    jobs.put(f"{prefix}xgboost-model", model_of(jobs, trained))
    former = {
        "ChannelName": "model",
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": jobs.uri(prefix)}},
    }
    more = metrics(train(jobs, data, former))
    assert more["train:auc"] > metrics(trained)["train:auc"]


def test_a_spot_job_that_loses_its_machine_ends_with_the_same_model(
    jobs: Jobs, admin: LocalAwsAdmin, trained: Record
) -> None:
    slow = PLAIN | {"num_round": "800"}
    channels = [channel(jobs, "train", as_csv(leads(1, 20_000)))]
    spot = {
        "EnableManagedSpotTraining": True,
        "StoppingCondition": {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 900},
    }
    whole = train(jobs, *channels, hyperparameters=slow)
    kept = {"CheckpointConfig": {"S3Uri": jobs.uri(f"{jobs.name('checkpoints')}/")}}
    with admin.fault("spot-loss", service="training-job", seconds=1.5, times=1):
        cut = train(jobs, *channels, hyperparameters=slow, **spot, **kept)
    assert "Interrupted" in [transition["Status"] for transition in cut["SecondaryStatusTransitions"]]
    lines = jobs.lines(GROUP, cut["TrainingJobName"])
    assert [line for line in lines if line.startswith("[799]")]
    assert metrics(cut)["train:auc"] == pytest.approx(metrics(whole)["train:auc"], abs=1e-4)


def test_a_search_finds_its_objective_without_a_definition(jobs: Jobs) -> None:
    name = jobs.name("tune")
    data = [channel(jobs, "train", as_csv(leads(1))), channel(jobs, "validation", as_csv(leads(2)))]
    asked = request(jobs, data)
    static = {key: value for key, value in PLAIN.items() if key not in ("max_depth", "eval_metric")}
    definition = {key: asked[key] for key in ("AlgorithmSpecification", "RoleArn", "OutputDataConfig", "ResourceConfig",
                                              "StoppingCondition", "InputDataConfig")}  # fmt: skip
    jobs.sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name,
        HyperParameterTuningJobConfig={
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "validation:auc"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {"IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "1", "MaxValue": "6"}]},
        },
        TrainingJobDefinition=definition | {"StaticHyperParameters": static},
    )

    def at_its_end() -> Record | None:
        found: Record = jobs.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        return found if found["HyperParameterTuningJobStatus"] in ENDED else None

    best = eventually(at_its_end)["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]
    assert best["MetricName"] == "validation:auc"
    assert best["Value"] > 0.8


@pytest.fixture(scope="module")
def endpoint(jobs: Jobs, trained: Record) -> str:
    name = jobs.name("leads")
    container = {"Image": IMAGE, "ModelDataUrl": trained["ModelArtifacts"]["S3ModelArtifacts"]}
    jobs.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=jobs.role)
    variant = {"VariantName": "all", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    jobs.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    jobs.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    jobs.sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig={"Delay": 1})
    return name


def ask(jobs: Jobs, endpoint: str, body: bytes, content_type: str = "text/csv", accept: str = "text/csv") -> bytes:
    runtime = jobs.aws.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(EndpointName=endpoint, Body=body, ContentType=content_type, Accept=accept)
    return bytes(answer["Body"].read())


def test_it_answers_in_every_format(jobs: Jobs, endpoint: str) -> None:
    good, bad = (float(part) for part in ask(jobs, endpoint, b"3,-3,0,0\n-3,3,,0\n").split(b","))
    assert good > 0.8 > 0.2 > bad
    told = json.loads(ask(jobs, endpoint, b"3,-3,0,0\n-3,3,,0\n", accept="application/json"))
    assert told == {"predictions": [{"score": pytest.approx(good)}, {"score": pytest.approx(bad)}]}
    lines = ask(jobs, endpoint, b"0:3 1:-3\n", "text/libsvm", "application/jsonlines").splitlines()
    assert [set(json.loads(line)) for line in lines] == [{"score"}]


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "status"),
    [
        (b"1,2,3,4", "image/png", "text/csv", 415),
        (b"1,2,3,4", "text/csv", "image/png", 406),
        (b"1,2", "text/csv", "text/csv", 400),
        (b"a,b,c,d", "text/csv", "text/csv", 400),
    ],
)
def test_what_it_cannot_answer_has_the_images_status(
    jobs: Jobs, endpoint: str, body: bytes, content_type: str, accept: str, status: int
) -> None:
    with pytest.raises(ClientError) as refused:
        ask(jobs, endpoint, body, content_type, accept)
    assert refused.value.response["OriginalStatusCode"] == status


def test_a_batch_has_a_line_for_a_line(jobs: Jobs, endpoint: str) -> None:
    name, source = jobs.name("batch"), f"{jobs.name('leads')}/"
    jobs.put(f"{source}leads.csv", as_csv(leads(3, 500)[:, 1:]))
    jobs.sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=endpoint,
        BatchStrategy="MultiRecord",
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": jobs.uri(source)}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        TransformOutput={"S3OutputPath": jobs.uri(f"{name}/"), "AssembleWith": "Line", "Accept": "text/csv"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )

    def at_its_end() -> Record | None:
        found: Record = jobs.sagemaker.describe_transform_job(TransformJobName=name)
        return found if found["TransformJobStatus"] in ENDED else None

    ended = eventually(at_its_end)
    assert ended["TransformJobStatus"] == "Completed", ended.get("FailureReason")
    scores = jobs.s3.get_object(Bucket=jobs.bucket, Key=f"{name}/leads.csv.out")["Body"].read().split()
    assert len(scores) == 500

    answers = io.BytesIO()
    rows = as_csv(leads(3, 500)[:, 1:])
    scored = score([rows], answers, lambda body: ask(jobs, endpoint, body), payload_bytes=2_000, in_flight=3)
    assert scored.requests > 5
    assert answers.getvalue().split() == scores  # a file through the endpoint gets what a batch gets
    jobs.sagemaker.delete_endpoint(EndpointName=endpoint)


def scored(jobs: Jobs, trained: Record, body: bytes) -> tuple[Record, str]:
    """A batch of rows with their keys first: the job, and the prefix of what it wrote."""
    name = jobs.name("keyed")
    jobs.put(f"{name}/in/leads.csv", body)
    container = {"Image": IMAGE, "ModelDataUrl": trained["ModelArtifacts"]["S3ModelArtifacts"]}
    jobs.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=jobs.role)
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": jobs.uri(f"{name}/in/")}}
    jobs.sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=name,
        TransformInput={"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
        TransformOutput={"S3OutputPath": jobs.uri(f"{name}/out"), "AssembleWith": "Line", "Accept": "text/csv"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        DataProcessing={"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"},
    )

    def at_its_end() -> Record | None:
        found: Record = jobs.sagemaker.describe_transform_job(TransformJobName=name)
        return found if found["TransformJobStatus"] in ENDED else None

    return eventually(at_its_end), f"{name}/out/"


def test_a_batch_keeps_the_key_of_each_row(jobs: Jobs, trained: Record) -> None:
    rows = as_csv(leads(3, 300)[:, 1:]).splitlines()
    keyed = [b'"lead, %d",' % number + row for number, row in enumerate(rows)]
    job, prefix = scored(jobs, trained, b"\n".join(keyed))
    assert job["TransformJobStatus"] == "Completed", job["FailureReason"]
    found = [line.rpartition(b",") for line in jobs.read(f"{prefix}leads.csv.out").splitlines()]
    assert [key for key, _, _ in found] == [b'"lead, %d"' % number for number in range(300)]
    assert all(0 < float(score) < 1 for _, _, score in found)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"id,a,b,c,d\nlead-1,1,2,3,4\n", "row 1 is a header (a, b, c, d): there must be none"),
        (b"lead-1,1,2,3,4\nlead-2,1,red,3,4\n", "row 2, column 2: 'red' is no number"),
        (b"lead-1,1,2,3\n", "Feature size of inference data 3 is not consistent with feature size of trained model 4"),
    ],
)
def test_a_row_that_cannot_be_scored_fails_the_batch_and_is_named(
    jobs: Jobs, trained: Record, body: bytes, told: str
) -> None:
    job, prefix = scored(jobs, trained, body)
    assert job["TransformJobStatus"] == "Failed"
    assert "in/leads.csv: ClientError: 400 for the payload from line 1 on: " in job["FailureReason"]
    assert told in job["FailureReason"]
    assert jobs.keys(prefix) == []
