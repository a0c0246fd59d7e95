"""S3 through boto3: objects are files, and keys are what the user said."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support import LocalAwsForTests


@pytest.fixture
def s3(local_aws: LocalAwsForTests) -> Any:
    return local_aws.client("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    name = f"bucket-{os.urandom(4).hex()}"
    s3.create_bucket(Bucket=name)
    return name


def keys(s3: Any, bucket: str, **question: Any) -> list[str]:
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket, **question).get("Contents", [])]


def test_an_object_is_a_plain_file_that_others_can_read_and_replace(
    s3: Any, bucket: str, local_aws: LocalAwsForTests
) -> None:
    s3.put_object(Bucket=bucket, Key="in/a.csv", Body=b"1,2\n", ContentType="text/csv")
    file = local_aws.root / "s3" / bucket / "in" / "a.csv"
    assert file.read_bytes() == b"1,2\n"
    file.write_bytes(b"3,4\n5,6\n")
    answer = s3.get_object(Bucket=bucket, Key="in/a.csv")
    assert answer["Body"].read() == b"3,4\n5,6\n"
    assert answer["ContentType"] == "binary/octet-stream"


def test_headers_metadata_and_tags_come_back_as_they_were_sent(s3: Any, bucket: str) -> None:
    metadata = {"with_underscore": "1", "with-dash": "2"}
    s3.put_object(
        Bucket=bucket,
        Key="k",
        Body=b"x",
        ContentType="text/csv",
        Metadata=metadata,
        Tagging="a=1&b=2",
        CacheControl="no-store",
    )
    head = s3.head_object(Bucket=bucket, Key="k")
    assert (head["ContentLength"], head["ContentType"], head["CacheControl"]) == (1, "text/csv", "no-store")
    assert head["Metadata"] == metadata
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [
        {"Key": "a", "Value": "1"},
        {"Key": "b", "Value": "2"},
    ]


AWKWARD_KEYS = ["a", "a/b", "a/b/c", "a//b", "a/", "./x", "../x", "ü/é ñ", "a+b c%20d", "q?x=1&y", "z/.hidden"]


def test_awkward_keys_live_side_by_side_and_are_listed_in_byte_order(s3: Any, bucket: str) -> None:
    for key in AWKWARD_KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert keys(s3, bucket) == sorted(AWKWARD_KEYS, key=str.encode)
    for key in AWKWARD_KEYS:
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    for key in AWKWARD_KEYS:
        s3.delete_object(Bucket=bucket, Key=key)
    assert keys(s3, bucket) == []


def test_a_prefix_is_a_string_and_not_a_folder(s3: Any, bucket: str) -> None:
    for key in ("run1/x", "run10/x", "run1"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    assert keys(s3, bucket, Prefix="run1") == ["run1", "run1/x", "run10/x"]
    assert keys(s3, bucket, Prefix="run1/") == ["run1/x"]


@pytest.mark.parametrize("page_size", [1, 2, 3, 1000])
def test_pages_of_any_size_show_each_key_and_common_prefix_once(s3: Any, bucket: str, page_size: int) -> None:
    for key in ("a", "b/1", "b/2", "b/3", "c", "d/1", "e"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    found: list[str] = []
    for operation in ("list_objects_v2", "list_objects"):
        pages = s3.get_paginator(operation).paginate(
            Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": page_size}
        )
        found = []
        for page in pages:
            found += [entry["Key"] for entry in page.get("Contents", [])]
            found += [entry["Prefix"] for entry in page.get("CommonPrefixes", [])]
        assert sorted(found) == ["a", "b/", "c", "d/", "e"], operation


def test_work_in_progress_of_spark_is_not_shown(s3: Any, bucket: str, local_aws: LocalAwsForTests) -> None:
    attempt = local_aws.root / "s3" / bucket / "out" / "_temporary" / "0"
    attempt.mkdir(parents=True)
    (attempt / "part-0").write_text("half")
    assert keys(s3, bucket) == []


@pytest.mark.parametrize(
    ("asked", "expected", "span"),
    [
        ("bytes=2-4", b"234", "2-4"),
        ("bytes=7-", b"789", "7-9"),
        ("bytes=-2", b"89", "8-9"),
        ("bytes=5-99", b"56789", "5-9"),
    ],
)
def test_ranges_are_read_from_the_file(s3: Any, bucket: str, asked: str, expected: bytes, span: str) -> None:
    s3.put_object(Bucket=bucket, Key="digits", Body=b"0123456789")
    answer = s3.get_object(Bucket=bucket, Key="digits", Range=asked)
    assert answer["Body"].read() == expected
    assert answer["ContentRange"] == f"bytes {span}/10"


def test_a_range_behind_the_end_is_refused(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="digits", Body=b"0123456789")
    with pytest.raises(ClientError, match="InvalidRange"):
        s3.get_object(Bucket=bucket, Key="digits", Range="bytes=10-")


def test_a_file_in_parts_comes_back_whole(s3: Any, bucket: str, tmp_path: Any) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.write_bytes(os.urandom(20 << 20))
    s3.upload_file(str(source), bucket, "big/file")
    s3.download_file(bucket, "big/file", str(copy))
    assert copy.read_bytes() == source.read_bytes()
    assert s3.head_object(Bucket=bucket, Key="big/file")["ETag"].endswith('-3"')


def test_an_unfinished_upload_is_no_object(s3: Any, bucket: str) -> None:
    upload = s3.create_multipart_upload(Bucket=bucket, Key="half")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="half", UploadId=upload, PartNumber=1, Body=b"x")
    assert keys(s3, bucket) == []
    with pytest.raises(ClientError, match="InvalidPart"):
        s3.complete_multipart_upload(
            Bucket=bucket, Key="half", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 2, "ETag": "x"}]}
        )
    s3.abort_multipart_upload(Bucket=bucket, Key="half", UploadId=upload)
    assert s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []


def test_a_damaged_body_is_refused_and_leaves_the_old_object(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"old")
    with pytest.raises(ClientError, match="BadDigest"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"new", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"old"


def test_a_conditional_put_creates_once(s3: Any, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")
    s3.put_object(Bucket=bucket, Key="k", Body=b"3", IfMatch=etag)
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"4", IfMatch=etag)


def test_copies_carry_metadata_unless_it_is_replaced(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="from", Body=b"x", Metadata={"a": "1"})
    s3.copy_object(Bucket=bucket, Key="same", CopySource={"Bucket": bucket, "Key": "from"})
    s3.copy_object(
        Bucket=bucket, Key="other", CopySource=f"{bucket}/from", MetadataDirective="REPLACE", Metadata={"b": "2"}
    )
    assert s3.head_object(Bucket=bucket, Key="same")["Metadata"] == {"a": "1"}
    assert s3.head_object(Bucket=bucket, Key="other")["Metadata"] == {"b": "2"}


def test_objects_take_the_default_encryption_of_their_bucket(s3: Any, bucket: str) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/some"}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    head = s3.head_object(Bucket=bucket, Key="k")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", "alias/some")


@pytest.mark.parametrize(
    ("operation", "question", "code"),
    [
        ("get_object", {"Key": "none"}, "NoSuchKey"),
        ("head_object", {"Key": "none"}, "404"),
        ("get_object", {"Bucket": "no-such-bucket-here", "Key": "k"}, "NoSuchBucket"),
        ("put_object", {"Bucket": "no-such-bucket-here", "Key": "k", "Body": b""}, "NoSuchBucket"),
        ("put_object", {"Key": "k" * 300, "Body": b""}, "KeyTooLongError"),
        ("get_object_acl", {"Key": "k"}, "NotImplemented"),
    ],
)
def test_what_cannot_be_done_is_said_as_s3_says_it(
    s3: Any, bucket: str, operation: str, question: dict[str, Any], code: str
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(s3, operation)(**{"Bucket": bucket, **question})
    assert caught.value.response["Error"]["Code"] == code


def test_a_bucket_with_objects_is_not_deleted(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="a/b", Body=b"")
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        s3.delete_bucket(Bucket=bucket)
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a/b"}]})
    s3.delete_bucket(Bucket=bucket)
    assert bucket not in [entry["Name"] for entry in s3.list_buckets()["Buckets"]]


def test_of_many_that_create_or_replace_the_same_object_on_a_condition_one_wins(s3: Any, bucket: str) -> None:
    def put(condition: dict[str, str]) -> int:
        try:
            s3.put_object(Bucket=bucket, Key="race", Body=b"1", **condition)
        except ClientError as error:
            return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
        return 200

    with ThreadPoolExecutor(16) as pool:
        created = list(pool.map(put, [{"IfNoneMatch": "*"}] * 16))
        s3.put_object(Bucket=bucket, Key="race", Body=b"2")
        replaced = list(pool.map(put, [{"IfMatch": s3.head_object(Bucket=bucket, Key="race")["ETag"]}] * 16))
    assert sorted(created) == [200] + [412] * 15
    assert sorted(replaced) == [200] + [412] * 15


def test_an_object_that_is_replaced_while_it_is_read_comes_whole_with_its_own_checksum_and_metadata(
    s3: Any, bucket: str
) -> None:
    def write(writer: int) -> None:
        for number in range(20):
            body = f"{writer}-{number:03}".encode()  # all of one length, and often within one tick of the file's clock
            s3.put_object(
                Bucket=bucket, Key="k", Body=body, ChecksumAlgorithm="SHA256", Metadata={"body": body.decode()}
            )

    def read(_: int) -> None:
        for _ in range(40):
            found = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
            assert found["Body"].read().decode() == found["Metadata"]["body"]  # boto3 itself checks the checksum

    write(0)
    with ThreadPoolExecutor(6) as threads:
        for done in [threads.submit(act, n) for n in range(3) for act in (write, read)]:
            done.result()


def test_what_a_reader_finds_while_an_object_is_replaced_does_not_take_its_metadata_away(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"0")
    with ThreadPoolExecutor(3) as threads:
        readers = [
            threads.submit(lambda: [s3.head_object(Bucket=bucket, Key="k") for _ in range(60)]) for _ in range(2)
        ]
        for number in range(60):
            s3.put_object(Bucket=bucket, Key="k", Body=b"x" * number, Metadata={"number": str(number)})
            assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == {"number": str(number)}
        for reader in readers:
            reader.result()
