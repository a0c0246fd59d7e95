"""The contract between SageMaker and a container of one's own: its program, its files, its variables, its failure."""

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.own_images.conftest import MakeImage, address
from tests.local_aws.own_images.support import Endpoint, log_of, model, train, transform
from tests.local_aws.sagemaker_jobs.support import ENDED, Jobs, eventually

DOCKERFILE = """
FROM python:3.11-slim
RUN apt-get update && apt-get install -y libgomp1
WORKDIR /opt/program
ENV PATH=/opt/program:$PATH GREETING="good day"
COPY train serve words.py ./
"""
TRAIN = """#!/usr/bin/env python3
import json, os, pathlib, words
config = pathlib.Path("/opt/ml/input/config")
told = {path.stem: json.loads(path.read_text()) for path in sorted(config.iterdir())}
channel = sorted(path.name for path in pathlib.Path("/opt/ml/input/data/train").iterdir())
wanted = ("GREETING", "TRAINING_JOB_NAME", "SM_MODEL_DIR", "OWN")
print("SEEN", json.dumps({"config": told, "channel": channel, "cwd": os.getcwd(), "argv0": __file__,
                          "env": {name: os.environ.get(name) for name in wanted}}))
print("validation-auc=0.75;")
pathlib.Path("/opt/ml/model/bias").write_text(told["hyperparameters"]["bias"])
pathlib.Path("/opt/program/scratch").write_text(words.WORD)
"""
SERVE = """#!/usr/bin/env python3
import http.server, os, pathlib
BIAS = float(pathlib.Path("/opt/ml/model/bias").read_text())
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.answer(200, b"")
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        try:
            scores = [sum(map(float, line.split(","))) + BIAS for line in body.splitlines()]
        except ValueError as error:
            return self.answer(400, str(error).encode())
        self.answer(200, "".join(f"{score}\\n" for score in scores).encode())
    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))
http.server.ThreadingHTTPServer(("0.0.0.0", port), Handler).serve_forever()
"""
FILES = {"Dockerfile": DOCKERFILE, "train": TRAIN, "serve": SERVE, "words.py": "WORD = 'a word'\n"}


@pytest.fixture
def image(make_image: MakeImage) -> str:
    """A small image with a train and a serve of its own."""
    return make_image("own-sum", FILES)


def test_a_job_runs_the_image_s_train_with_the_documented_files_and_its_variables(
    jobs: Jobs, image: str, images: Path
) -> None:
    data = jobs.put("own/train/a.csv", "1,2\n")
    job = train(
        jobs,
        image,
        {"train": data.rpartition("/")[0] + "/"},
        {"bias": "0.5"},
        Environment={"OWN": "yes"},
        AlgorithmSpecification={"MetricDefinitions": [{"Name": "auc", "Regex": "validation-auc=(.*?);"}]},
    )
    lines = log_of(jobs, job)
    assert job["TrainingJobStatus"] == "Completed", lines
    seen = json.loads(next(line for line in lines if line.startswith("SEEN ")).removeprefix("SEEN "))
    assert seen["config"]["hyperparameters"] == {"bias": "0.5"}
    assert seen["config"]["inputdataconfig"]["train"]["ContentType"] == "text/csv"
    assert seen["config"]["resourceconfig"]["current_host"] == "algo-1"
    assert (seen["channel"], seen["cwd"], seen["argv0"]) == (["a.csv"], "/opt/program", "/opt/program/train")
    assert seen["env"] == {
        "GREETING": "good day", "TRAINING_JOB_NAME": job["TrainingJobName"], "SM_MODEL_DIR": None, "OWN": "yes",
    }  # fmt: skip
    assert [metric["Value"] for metric in job["FinalMetricDataList"]] == [0.75]
    assert jobs.tar(job["ModelArtifacts"]["S3ModelArtifacts"].split("/", 3)[3]) == {"bias": "0.5"}
    assert "local_aws: not done here: RUN apt-get update && apt-get install -y libgomp1" in lines
    assert not (images / "own-sum" / "scratch").exists(), "a container writes into its own copy"


def test_the_model_is_served_and_transformed_by_the_image_s_serve(jobs: Jobs, image: str) -> None:
    data = jobs.put("own/serve/a.csv", "1,2\n3,4\n")
    job = train(jobs, image, {"train": data}, {"bias": "0.5"})
    made = model(jobs, image, job["ModelArtifacts"]["S3ModelArtifacts"])
    with Endpoint(jobs, made) as endpoint:
        assert endpoint.ask(b"1,2\n3,4\n") == "3.5\n7.5\n"
        assert endpoint.refusal(b"a,b\n") == (400, "could not convert string to float: 'a'")
        (variant,) = endpoint.settled()["ProductionVariants"]
        (deployed,) = variant["DeployedImages"]
        assert deployed["ResolvedImage"].startswith(image.rpartition(":")[0] + "@sha256:")
    transformed, scores = transform(jobs, made, data)
    assert (transformed["TransformJobStatus"], scores) == ("Completed", "3.5\n7.5\n")


def test_an_entrypoint_gets_the_word_and_says_why_it_failed(jobs: Jobs, make_image: MakeImage) -> None:
    program = 'echo "called with $*"; echo "no label in row 3" > /opt/ml/output/failure; exit 9'
    image = make_image(
        "own-entry", {"Dockerfile": 'FROM a\nCOPY run /opt/\nENTRYPOINT ["sh", "/opt/run"]\n', "run": program}
    )
    job = train(jobs, image, {})
    assert job["FailureReason"] == "AlgorithmError: no label in row 3\n, exit code: 9"
    assert "called with train" in log_of(jobs, job)


def test_the_request_s_entrypoint_goes_before_the_image_s(jobs: Jobs, make_image: MakeImage) -> None:
    image = make_image("own-both", {"Dockerfile": 'FROM a\nENV WHO=image\nENTRYPOINT ["false"]\n'})
    command = {"ContainerEntrypoint": ["sh", "-c", 'echo "$WHO $0"'], "ContainerArguments": ["request"]}
    job = train(jobs, image, {}, AlgorithmSpecification=command)
    assert "image request" in log_of(jobs, job)


def test_where_nothing_can_be_mounted_the_image_s_paths_are_rewritten(
    jobs: Jobs, make_image: MakeImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_AWS_SANDBOX", "rewrite")
    dockerfile = (
        'FROM a\nWORKDIR /opt/w\nENV W=/opt/w/words.txt\nCOPY run words.txt ./\nENTRYPOINT ["sh", "/opt/w/run"]\n'
    )
    image = make_image("own-words", {"Dockerfile": dockerfile, "run": 'cat "$W"; ls', "words.txt": "a word\n"})
    job = train(jobs, image, {})
    assert {"a word", "words.txt"} <= set(log_of(jobs, job))


def test_an_image_without_a_train_fails_as_docker_does(jobs: Jobs, make_image: MakeImage) -> None:
    job = train(jobs, make_image("own-empty", {"Dockerfile": "FROM a\n"}), {})
    assert job["FailureReason"].endswith("exit code: 127")
    assert "exec 'train' in /opt/ml: No such file or directory" in log_of(jobs, job)


def test_an_unknown_repository_is_refused_when_the_job_is_made(jobs: Jobs) -> None:
    with pytest.raises(
        ClientError, match=r"\(ValidationException\).*Cannot find repository: no-such-image in registry"
    ):
        train(jobs, address("no-such-image"), {})


def test_an_image_that_went_away_fails_the_job_and_not_local_aws(jobs: Jobs, image: str, images: Path) -> None:
    made = model(jobs, image, jobs.put("own/gone/model.tar.gz", b""))
    (images / "own-sum").rename(images / "elsewhere")
    transformed, _ = transform(jobs, made, jobs.put("own/gone/a.csv", "1\n"))
    assert transformed["TransformJobStatus"] == "Failed"
    assert "Cannot find repository: own-sum" in transformed["FailureReason"]


def test_a_processing_job_runs_the_image_s_entrypoint_with_its_arguments(jobs: Jobs, make_image: MakeImage) -> None:
    dockerfile = 'FROM a\nCOPY check /opt/\nENTRYPOINT ["/opt/check"]\n'
    image = make_image("own-check", {"Dockerfile": dockerfile, "check": '#!/bin/sh\necho "got $*"'})
    name = jobs.name("processing")
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
    jobs.sagemaker.create_processing_job(
        ProcessingJobName=name,
        RoleArn=jobs.role,
        AppSpecification={"ImageUri": image, "ContainerArguments": ["--strict"]},
        ProcessingResources={"ClusterConfig": cluster},
    )

    def ended() -> bool:
        return jobs.sagemaker.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"] in ENDED

    eventually(ended)
    assert "got --strict" in jobs.lines("/aws/sagemaker/ProcessingJobs", name)
