"""Batch transform: objects through a model, answers in order in S3."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.sagemaker_hosting.support import BUCKET, Hosting, until


class Transform:
    """One job of a test: its input, its output, its end."""

    def __init__(self, hosting: Hosting) -> None:
        self.hosting = hosting
        self.name = hosting.name("transform")

    def put(self, relative: str, content: bytes) -> str:
        return self.hosting.put(f"{self.name}/in/{relative}", content)

    def start(self, model: str, uri: str | None = None, kind: str = "S3Prefix", **params: Any) -> None:
        source = {"S3DataSource": {"S3DataType": kind, "S3Uri": uri or f"s3://{BUCKET}/{self.name}/in/"}}
        self.hosting.sagemaker.create_transform_job(
            TransformJobName=self.name,
            ModelName=model,
            TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
            **{
                **params,
                "TransformInput": {"DataSource": source, **params.get("TransformInput", {})},
                "TransformOutput": {
                    "S3OutputPath": f"s3://{BUCKET}/{self.name}/out",
                    **params.get("TransformOutput", {}),
                },
            },
        )

    def ended(self) -> dict[str, Any]:
        def described() -> dict[str, Any] | None:
            job = self.hosting.sagemaker.describe_transform_job(TransformJobName=self.name)
            return None if job["TransformJobStatus"] in ("InProgress", "Stopping") else job

        return dict(until(described))

    def outputs(self) -> dict[str, bytes]:
        """What lies below the output path, by relative key."""
        prefix = f"{self.name}/out/"
        listed = self.hosting.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return {
            each["Key"].removeprefix(prefix): self.hosting.s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read()
            for each in listed
        }


@pytest.fixture
def job(hosting: Hosting) -> Transform:
    """A job that has not started."""
    return Transform(hosting)


LINES = {"SplitType": "Line", "ContentType": "application/jsonlines"}


def test_every_object_of_a_prefix_keeps_its_place(hosting: Hosting, job: Transform) -> None:
    job.put("a.txt", b"one\ntwo\n")
    job.put("deep/b.txt", b"three")
    job.put("empty.txt", b"")
    job.start(hosting.model(echo=True), TransformInput=LINES, TransformOutput={"AssembleWith": "Line"})
    described = job.ended()
    assert described["TransformJobStatus"] == "Completed"
    assert described["TransformEndTime"] >= described["TransformStartTime"]
    assert job.outputs() == {"a.txt.out": b"ONE\nTWO\n", "deep/b.txt.out": b"THREE\n", "empty.txt.out": b""}
    streams = hosting.logs.describe_log_streams(
        logGroupName="/aws/sagemaker/TransformJobs", logStreamNamePrefix=f"{job.name}/"
    )["logStreams"]
    assert len(streams) == 2
    lines = hosting.log_lines("/aws/sagemaker/TransformJobs", f"{job.name}/")
    assert any(
        line.endswith("MaxConcurrentTransforms=1, MaxPayloadInMB=6, BatchStrategy=MULTI_RECORD") for line in lines
    )


def test_many_payloads_at_once_come_out_in_order(hosting: Hosting, job: Transform) -> None:
    content = b"".join(b"line %07d\n" % number for number in range(200_000))
    job.put("big.txt", content)
    job.start(hosting.model(echo=True), MaxPayloadInMB=1, MaxConcurrentTransforms=3, TransformInput=LINES)
    assert job.ended()["TransformJobStatus"] == "Completed"
    assert job.outputs()["big.txt.out"] == content.upper()


def test_single_records_are_sent_one_by_one_with_what_the_job_says(hosting: Hosting, job: Transform) -> None:
    job.put("a.txt", b"one\ntwo\n")
    job.start(
        hosting.model(),
        BatchStrategy="SingleRecord",
        Environment={"VERSION": "batch"},
        TransformInput=LINES,
        TransformOutput={"AssembleWith": "Line", "Accept": "application/jsonlines"},
    )
    assert job.ended()["TransformJobStatus"] == "Completed"
    answers = [json.loads(line) for line in job.outputs()["a.txt.out"].splitlines()]
    assert [answer["body"] for answer in answers] == ["one", "two"]
    assert {(each["version"], each["content_type"], each["accept"], each["batch"]) for each in answers} == {
        ("batch", "application/jsonlines", "application/jsonlines", "true")
    }


def test_a_manifest_names_the_objects(hosting: Hosting, job: Transform) -> None:
    job.put("a.txt", b"one")
    job.put("b.txt", b"two")
    manifest = hosting.put(
        f"{job.name}/manifest.json", json.dumps([{"prefix": f"s3://{BUCKET}/{job.name}/in/"}, "b.txt"]).encode()
    )
    job.start(hosting.model(echo=True), manifest, "ManifestFile")
    assert job.ended()["TransformJobStatus"] == "Completed"
    assert job.outputs() == {"b.txt.out": b"TWO"}


def test_gzipped_objects_are_unpacked(hosting: Hosting, job: Transform) -> None:
    job.put("a.txt.gz", gzip.compress(b"one\ntwo\n"))
    job.start(hosting.model(echo=True), TransformInput={**LINES, "CompressionType": "Gzip"})
    assert job.ended()["TransformJobStatus"] == "Completed"
    assert job.outputs() == {"a.txt.gz.out": b"ONE\nTWO\n"}


def test_execution_parameters_of_the_container_are_the_defaults(hosting: Hosting, job: Transform) -> None:
    job.put("a.txt", b"one\ntwo\n")
    parameters = {"MaxConcurrentTransforms": 2, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 1}
    job.start(
        hosting.model(echo=True, execution_parameters=parameters),
        TransformInput=LINES,
        TransformOutput={"AssembleWith": "Line"},
    )
    assert job.ended()["TransformJobStatus"] == "Completed"
    lines = hosting.log_lines("/aws/sagemaker/TransformJobs", f"{job.name}/")
    assert any("MaxConcurrentTransforms=2, MaxPayloadInMB=1, BatchStrategy=SINGLE_RECORD" in line for line in lines)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"boom", "AlgorithmError: See job logs for more information"),
        (b"teapot", "ClientError: See job logs for more information"),
        (b"die", "AlgorithmError: See job logs for more information"),
    ],
)
def test_a_bad_record_fails_the_job_and_leaves_no_output_of_its_file(
    hosting: Hosting, job: Transform, record: bytes, reason: str
) -> None:
    job.put("a.txt", b"one\n")
    job.put("b.txt", b"fine\n" * 3 + record + b"\n")
    job.start(
        hosting.model(echo=True),
        BatchStrategy="SingleRecord",
        TransformInput=LINES,
        ModelClientConfig={"InvocationsMaxRetries": 0},
    )
    described = job.ended()
    assert described["TransformJobStatus"] == "Failed"
    assert described["FailureReason"].startswith(reason)
    assert f"{BUCKET}/{job.name}/in/b.txt" in described["FailureReason"]
    assert "for the payload from line 4 on" in described["FailureReason"]
    assert job.outputs() == {"a.txt.out": b"ONE"}
    if record == b"boom":
        lines = hosting.log_lines("/aws/sagemaker/TransformJobs", f"{job.name}/")
        assert any("Bad HTTP status received from algorithm: 500" in line for line in lines)
        assert any(line.endswith("the model broke") for line in lines)


def test_a_request_that_fails_is_sent_again(hosting: Hosting, job: Transform) -> None:
    job.put("a.txt", b"flaky")
    job.start(hosting.model(echo=True))
    assert job.ended()["TransformJobStatus"] == "Completed"
    assert job.outputs() == {"a.txt.out": b"FLAKY"}
    assert "the model broke" in hosting.log_lines("/aws/sagemaker/TransformJobs", f"{job.name}/")


def test_a_model_that_does_not_load_fails_the_job_with_its_own_words(hosting: Hosting, job: Transform) -> None:
    job.put("a.txt", b"one")
    job.start(hosting.model(fails="load"))
    described = job.ended()
    assert described["TransformJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("AlgorithmError: See job logs for more information")
    assert "cannot load the weights of this model" in described["FailureReason"]


def test_no_input_fails_the_job(hosting: Hosting, job: Transform) -> None:
    job.start(hosting.model())
    described = job.ended()
    assert described["TransformJobStatus"] == "Failed"
    assert "No S3 objects found under S3 URL" in described["FailureReason"]


def test_a_record_that_is_too_large_fails_the_job(hosting: Hosting, job: Transform) -> None:
    job.put("a.txt", b"x" * (2**20 + 1))
    job.start(hosting.model(echo=True), MaxPayloadInMB=1)
    described = job.ended()
    assert described["TransformJobStatus"] == "Failed"
    assert "exceeds the maximum payload" in described["FailureReason"]
    assert job.outputs() == {}


def test_a_job_is_stopped_while_its_model_is_busy(hosting: Hosting, job: Transform, tmp_path: Path) -> None:
    job.put("a.txt", b"slow")
    job.start(hosting.model({"HOLD_UNTIL": str(tmp_path / "never")}))
    until(lambda: "holding a request" in _lines(hosting, job))
    hosting.sagemaker.stop_transform_job(TransformJobName=job.name)
    assert job.ended()["TransformJobStatus"] == "Stopped"
    assert job.outputs() == {}
    with pytest.raises(ClientError, match="transform job is in status Stopped"):
        hosting.sagemaker.stop_transform_job(TransformJobName=job.name)


def _lines(hosting: Hosting, job: Transform) -> list[str]:
    try:
        return hosting.log_lines("/aws/sagemaker/TransformJobs", f"{job.name}/")
    except ClientError:
        return []


def test_outputs_are_encrypted_with_the_key_of_the_job(hosting: Hosting, job: Transform) -> None:
    key = hosting.local_aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    job.put("a.txt", b"one")
    job.start(hosting.model(echo=True), TransformOutput={"KmsKeyId": key})
    assert job.ended()["TransformJobStatus"] == "Completed"
    head = hosting.s3.head_object(Bucket=BUCKET, Key=f"{job.name}/out/a.txt.out")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


ROWS: dict[str, Any] = {
    "TransformInput": {"SplitType": "Line", "ContentType": "text/csv"},
    "TransformOutput": {"AssembleWith": "Line", "Accept": "text/csv"},
}
BY_KEY = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}


@pytest.mark.parametrize("strategy", ["MultiRecord", "SingleRecord"])
def test_answers_are_joined_to_the_key_that_the_model_did_not_get(
    hosting: Hosting, job: Transform, strategy: str
) -> None:
    job.put("a.csv", b'"lead, 1",red\nlead-2,blue\n')
    job.start(hosting.model(echo=True), BatchStrategy=strategy, DataProcessing=BY_KEY, **ROWS)
    assert job.ended()["TransformJobStatus"] == "Completed"
    assert job.outputs() == {"a.csv.out": b'"lead, 1",RED\nlead-2,BLUE\n'}
    described = hosting.sagemaker.describe_transform_job(TransformJobName=job.name)
    assert described["DataProcessing"] == BY_KEY


def test_each_of_many_payloads_is_joined_to_its_own_answers(hosting: Hosting, job: Transform) -> None:
    rows = [b"lead-%07d,row-%07d" % (number, number) for number in range(100_000)]
    job.put("a.csv", b"\n".join(rows))
    job.start(hosting.model(echo=True), MaxPayloadInMB=1, MaxConcurrentTransforms=3, DataProcessing=BY_KEY, **ROWS)
    assert job.ended()["TransformJobStatus"] == "Completed"
    assert job.outputs()["a.csv.out"].splitlines() == [row.replace(b"row", b"ROW") for row in rows]


def test_json_lines_keep_what_is_asked_for_beside_the_answer(hosting: Hosting, job: Transform) -> None:
    job.put("a.jsonl", b'{"id": 1, "features": ["a"], "rest": 0}\n{"id": 2, "features": ["b"], "rest": 0}\n')
    processing = {"InputFilter": "$.features", "JoinSource": "Input", "OutputFilter": "$['id','SageMakerOutput']"}
    job.start(
        hosting.model(echo=True),
        DataProcessing=processing,
        TransformInput=LINES,
        TransformOutput={"AssembleWith": "Line", "Accept": "application/jsonlines"},
    )
    assert job.ended()["TransformJobStatus"] == "Completed"
    assert job.outputs() == {"a.jsonl.out": b'{"id":1,"SageMakerOutput":["A"]}\n{"id":2,"SageMakerOutput":["B"]}\n'}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"lead-1,x\nlead-2,x\nlead-3\n", "line 3: $[1:]: index 1 is out of range: there are 1 elements"),
        (b'lead-1,x\nlead-2,"x\ny"\n', "line 2: a quoted field of the input holds a line end"),
        (b"lead-1,x\n" + b"y" * 2**20 + b",x\n", "line 2: the record exceeds the maximum payload of 1048576 bytes"),
    ],
)
def test_a_record_that_cannot_be_joined_is_named_by_file_and_line(
    hosting: Hosting, job: Transform, content: bytes, told: str
) -> None:
    job.put("b.csv", content)
    job.start(hosting.model(echo=True), MaxPayloadInMB=1, DataProcessing=BY_KEY, **ROWS)
    described = job.ended()
    assert described["TransformJobStatus"] == "Failed"
    assert f"{BUCKET}/{job.name}/in/b.csv: {told}" in described["FailureReason"]
    assert job.outputs() == {}
    assert any(told in line for line in hosting.log_lines("/aws/sagemaker/TransformJobs", f"{job.name}/"))


def test_a_name_is_used_once_and_an_unknown_one_is_refused(hosting: Hosting, job: Transform) -> None:
    job.put("a.txt", b"one")
    model = hosting.model(echo=True)
    job.start(model)
    with pytest.raises(ClientError) as refused:
        job.start(model)
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"
    job.ended()
    with pytest.raises(ClientError) as missing:
        hosting.sagemaker.describe_transform_job(TransformJobName="nobody")
    assert missing.value.response["Error"]["Code"] == "ValidationException"
    listed = hosting.sagemaker.list_transform_jobs(NameContains=job.name)["TransformJobSummaries"]
    assert [(each["TransformJobName"], each["TransformJobStatus"]) for each in listed] == [(job.name, "Completed")]


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"DataProcessing": {"JoinSource": "Input"}}, "DataProcessing needs ContentType"),
        ({"DataProcessing": {"InputFilter": "features"}}, 'Invalid InputFilter: "features". a JsonPath starts with'),
        ({"TransformInput": {"SplitType": "RecordIO"}}, "SplitType=RecordIO"),
        ({"MaxPayloadInMB": 100, "MaxConcurrentTransforms": 2}, "must not exceed 100 MB"),
        ({"model": "nobody"}, "Could not find model"),
    ],
)
def test_what_is_not_served_or_wrong_is_refused(
    hosting: Hosting, job: Transform, params: dict[str, Any], complaint: str
) -> None:
    params = dict(params)
    with pytest.raises(ClientError, match=complaint):
        job.start(params.pop("model", None) or hosting.model(), **params)
