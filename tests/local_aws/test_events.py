"""S3 -> EventBridge -> SQS: what a bucket tells of its new objects, and to whom."""

import json
import os
from typing import Any

import pytest

from tests.support import LocalAwsForTests


@pytest.fixture
def s3(local_aws: LocalAwsForTests) -> Any:
    return local_aws.client("s3")


@pytest.fixture
def sqs(local_aws: LocalAwsForTests) -> Any:
    return local_aws.client("sqs")


@pytest.fixture
def bucket(s3: Any) -> str:
    name = f"bucket-{os.urandom(4).hex()}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def queue(sqs: Any, local_aws: LocalAwsForTests, bucket: str) -> str:
    """A queue that gets the events of the bucket's objects below ``in/``; its URL."""
    events = local_aws.client("events")
    url: str = sqs.create_queue(QueueName=bucket)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.s3"], "detail-type": ["Object Created"],
               "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": "in/"}]}}}  # fmt: skip
    events.put_rule(Name=bucket, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=bucket, Targets=[{"Id": "queue", "Arn": arn}])
    return url


def tell(s3: Any, bucket: str) -> None:
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})


def received(sqs: Any, queue: str, number: int) -> list[dict[str, Any]]:
    """So many events, in the order of their objects; they are taken off the queue."""
    found: list[dict[str, Any]] = []
    while len(found) < number:
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=10).get("Messages", [])
        assert messages, f"{len(found)} of {number} events came"
        for message in messages:
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return sorted(found, key=lambda event: str(event["detail"]["object"]["sequencer"]))


def left(sqs: Any, queue: str) -> int:
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])
    return int(attributes["Attributes"]["ApproximateNumberOfMessages"])


def test_a_new_object_is_told_in_the_words_of_s3(s3: Any, sqs: Any, bucket: str, queue: str) -> None:
    tell(s3, bucket)
    answer = s3.put_object(Bucket=bucket, Key="in/ä b.csv", Body=b"1,2\n")
    (event,) = received(sqs, queue, 1)
    told = event["detail"]
    assert {name: event[name] for name in ("version", "detail-type", "source", "account", "region", "resources")} == {
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "123456789012",
        "region": "us-east-1",
        "resources": [f"arn:aws:s3:::{bucket}"],
    }
    assert event["time"].endswith("Z")
    assert set(told) == {
        "version", "bucket", "object", "request-id", "requester", "source-ip-address", "reason"
    }  # fmt: skip
    assert (told["bucket"], told["reason"], told["version"]) == ({"name": bucket}, "PutObject", "0")
    sequencer = told["object"].pop("sequencer")
    assert int(sequencer, 16) > 0
    assert told["object"] == {"key": "in/ä b.csv", "size": 4, "etag": answer["ETag"].strip('"')}


def test_every_way_to_make_an_object_is_told_in_its_order(s3: Any, sqs: Any, bucket: str, queue: str) -> None:
    tell(s3, bucket)
    s3.put_object(Bucket=bucket, Key="in/a", Body=b"1")
    s3.put_object(Bucket=bucket, Key="in/a", Body=b"2")
    s3.copy_object(Bucket=bucket, Key="in/b", CopySource={"Bucket": bucket, "Key": "in/a"})
    upload = s3.create_multipart_upload(Bucket=bucket, Key="in/c")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="in/c", UploadId=upload, PartNumber=1, Body=b"3")
    s3.complete_multipart_upload(
        Bucket=bucket, Key="in/c", UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )  # fmt: skip
    told = [(event["detail"]["object"]["key"], event["detail"]["reason"]) for event in received(sqs, queue, 4)]
    assert told == [
        ("in/a", "PutObject"), ("in/a", "PutObject"), ("in/b", "CopyObject"), ("in/c", "CompleteMultipartUpload")
    ]  # fmt: skip


def test_nobody_is_told_of_what_he_did_not_ask_for(s3: Any, sqs: Any, bucket: str, queue: str) -> None:
    s3.put_object(Bucket=bucket, Key="in/before", Body=b"1")  # the bucket tells nothing yet
    tell(s3, bucket)
    s3.put_object(Bucket=bucket, Key="out/elsewhere", Body=b"1")
    s3.put_object(Bucket=bucket, Key="in/wanted", Body=b"1")
    assert [event["detail"]["object"]["key"] for event in received(sqs, queue, 1)] == ["in/wanted"]
    assert left(sqs, queue) == 0


def test_a_rule_that_is_disabled_gets_nothing(
    s3: Any, sqs: Any, local_aws: LocalAwsForTests, bucket: str, queue: str
) -> None:
    tell(s3, bucket)
    local_aws.client("events").disable_rule(Name=bucket)
    s3.put_object(Bucket=bucket, Key="in/a", Body=b"1")
    local_aws.client("events").enable_rule(Name=bucket)
    s3.put_object(Bucket=bucket, Key="in/b", Body=b"1")
    assert [event["detail"]["object"]["key"] for event in received(sqs, queue, 1)] == ["in/b"]
