"""What both containers of lead scoring must do, whatever they are written in."""

import json

from tests.local_aws.own_images.leads import auc, leads
from tests.local_aws.own_images.support import Endpoint, log_of, model, train, transform
from tests.local_aws.sagemaker_jobs.support import Jobs, Record

#: Reads the lines that both containers print.
METRICS = {"MetricDefinitions": [{"Name": "validation:auc", "Regex": "validation-auc:([0-9.]+)"}]}
#: How far from the best attainable AUC a model of 4,000 rows may be.
ENOUGH = 0.02


def put(jobs: Jobs, name: str, text: str) -> str:
    """An object of its own prefix; its URI."""
    return jobs.put(f"{jobs.name('leads')}/{name}", text)


def channels(jobs: Jobs) -> dict[str, str]:
    """Leads to learn from, and leads to validate with."""
    return {
        "train": put(jobs, "train.csv", leads(4000, 1).csv()),
        "validation": put(jobs, "validation.csv", leads(1500, 2).csv()),
    }


def learned(jobs: Jobs, image: str, hyperparameters: dict[str, str]) -> Record:
    """A training job on leads, completed."""
    job = train(jobs, image, channels(jobs), hyperparameters, AlgorithmSpecification=METRICS)
    assert job["TrainingJobStatus"] == "Completed", [job["FailureReason"], *log_of(jobs, job)[-20:]]
    return job


def check_metrics(jobs: Jobs, job: Record) -> None:
    """A metric definition reads the validation's AUC, which is near the best attainable; rounds are told in order."""
    lines = [line for line in log_of(jobs, job) if "validation-auc" in line]
    assert [line.partition("]")[0] for line in lines[:3]] == ["[10", "[20", "[30"]
    (metric,) = job["FinalMetricDataList"]
    given = leads(1500, 2)
    best = auc(given.labels, given.chances)
    assert best - ENOUGH < metric["Value"] < best + ENOUGH, (best, lines[-1])


def check_serving(jobs: Jobs, image: str, job: Record) -> None:
    """One score a line, in order, near the best attainable; what is wrong is refused with the status that says so."""
    given = leads(500, 3)
    body = given.csv(label=False).encode()
    with Endpoint(jobs, model(jobs, image, job["ModelArtifacts"]["S3ModelArtifacts"])) as endpoint:
        scores = [float(line) for line in endpoint.ask(body).splitlines()]
        assert len(scores) == 500
        assert all(0 < score < 1 for score in scores)
        assert auc(given.labels, scores) > auc(given.labels, given.chances) - 2 * ENOUGH
        assert endpoint.ask(body.replace(b"\n", b"\r\n")) == endpoint.ask(body)
        assert endpoint.ask(b"40,1,0,,0.5") == endpoint.ask(b"40,1,0,,0.5\n", Accept="text/csv")
        for wrong, params, status, words in [
            (b"40,1,0,1,0.5\n40,1,x,1,0.5\n", {}, 400, 'row 2, column 3: "x" is no number'),
            (b"40,1,0,1,0.5\n40,1,NaN,1,0.5\n", {}, 400, "row 2, column 3"),
            (b"40,1,0,1,0.5\n40,1,0,1\n", {}, 400, "row 2 has 4 columns"),
            (b"40,1,0,1\n", {}, 400, "the model has 5 features"),
            (b"{}", {"ContentType": "application/json"}, 415, "text/csv"),
            (body, {"Accept": "application/x-parquet"}, 406, "text/csv"),
        ]:
            assert (refusal := endpoint.refusal(wrong, **params))[0] == status, (wrong, refusal)
            assert words in refusal[1], refusal


def check_transform(jobs: Jobs, image: str, job: Record) -> None:
    """As many scores as rows, the same as the endpoint's would be, over several requests."""
    given = leads(3000, 4)
    made = model(jobs, image, job["ModelArtifacts"]["S3ModelArtifacts"])
    data = put(jobs, "week.csv", given.csv(label=False))
    transformed, text = transform(jobs, made, data)
    assert transformed["TransformJobStatus"] == "Completed", transformed.get("FailureReason")
    scores = [float(line) for line in text.splitlines()]
    assert len(scores) == 3000
    assert auc(given.labels, scores) > auc(given.labels, given.chances) - 2 * ENOUGH
    day = put(jobs, "day.csv", leads(10, 5).csv(label=False))
    _, one_by_one = transform(jobs, made, day, BatchStrategy="SingleRecord")
    _, at_once = transform(jobs, made, day)
    assert one_by_one == at_once


#: Name of the mistake: channels as CSV, hyperparameters, and what FailureReason must say.
MISTAKES: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    "a header": ({"train": "label,a\n1,2\n0,3\n"}, {}, 'train/data.csv: row 1, column 1: "label" is no number'),
    "text in a column of numbers": ({"train": "1,2\n0,three\n"}, {}, 'row 2, column 2: "three" is no number'),
    "an infinite number": ({"train": "1,2\n0,Inf\n"}, {}, "row 2, column 2: "),
    "the label is not first": ({"train": "40,1\n50,0\n"}, {}, "row 1, column 1: the label is 40, not 0 or 1"),
    "a missing label": ({"train": "1,2\n,3\n"}, {}, "row 2, column 1: the label is"),
    "rows of different lengths": ({"train": "1,2\n0,3,4\n"}, {}, "row 2 has 3 columns, row 1 has 2"),
    "a single class": ({"train": "1,2\n1,3\n"}, {}, "The channel train has one class only: every label is 1"),
    "no feature": ({"train": "1\n0\n"}, {}, "The channel train has one column"),
    "no rows": ({"train": ""}, {}, "The channel train holds no rows"),
    "no rows to validate with": ({"train": "1,2\n0,3\n", "validation": ""}, {}, "The channel validation holds no rows"),
    "another width of the validation": (
        {"train": "1,2\n0,3\n", "validation": "1,2,3\n0,3,4\n"},
        {},
        "The channel validation has 2 features, train has 1",
    ),
    "no channel train": ({"validation": "1,2\n0,3\n"}, {}, "Missing required channel: train"),
    "an unknown hyperparameter": ({"train": "1,2\n0,3\n"}, {"depth": "3"}, "Unknown hyperparameter depth. Known: "),
}

#: Those of the one channel train.
IN_THE_DATA = [name for name, (given, values, _) in MISTAKES.items() if [*given] == ["train"] and not values]


def check_mistake(jobs: Jobs, image: str, name: str) -> None:
    """The job fails before the first round, and its reason names file, row and column."""
    given, hyperparameters, words = MISTAKES[name]
    job = train(jobs, image, {channel: put(jobs, "data.csv", text) for channel, text in given.items()}, hyperparameters)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: "), job["FailureReason"]
    assert words in job["FailureReason"], json.dumps([job["FailureReason"], log_of(jobs, job)])
