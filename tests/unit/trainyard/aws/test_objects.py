"""What a step reads and publishes in S3, on local_aws."""

import hashlib
import io
import tarfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.support import LocalAwsForTests
from tests.unit.trainyard.account import Account
from trainyard.aws.calls import Absent
from trainyard.aws.objects import Objects
from trainyard.errors import ManifestError
from trainyard.manifests import File, Manifest
from trainyard.settings import Settings

if TYPE_CHECKING:
    from trainyard.paths import Place


class Shelf:
    """A place in the bucket, and the objects in it."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.place: Place = account.run.place("unload", account.digest)
        self.objects = Objects(account.aws.client("s3"), account.settings.kms_key)

    def put(self, name: str, data: bytes) -> str:
        return self.account.put(f"{self.place.prefix}{name}", data)

    def publish(self, *files: File) -> str:
        manifest = Manifest.make(self.place, files, created_at=datetime.now(UTC), code_version="v")
        self.objects.publish(self.place, manifest)
        return self.place.manifest


@pytest.fixture
def shelf(local_aws: LocalAwsForTests, settings: Settings) -> Shelf:
    return Shelf(Account(local_aws, settings))


def listed(shelf: Shelf) -> list[File]:
    return [file for file in shelf.objects.listing(shelf.place.uri) if not file.key.endswith("manifest.json")]


def test_what_is_published_is_read_back_whole(shelf: Shelf) -> None:
    shelf.put("data/0.parquet", b"12345")
    shelf.put("data/größe.parquet", b"1")
    uri = shelf.publish(*listed(shelf))
    assert [file.size for file in shelf.objects.manifest(uri).files] == [5, 1]


def test_what_is_published_is_encrypted_with_the_models_key(shelf: Shelf) -> None:
    shelf.put("data/0.parquet", b"1")
    shelf.publish(*listed(shelf))
    key = shelf.place.manifest.removeprefix(f"s3://{shelf.place.bucket}/")
    head = shelf.account.aws.client("s3").head_object(Bucket=shelf.place.bucket, Key=key)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", shelf.account.settings.kms_key)


def test_a_manifest_that_lies_is_refused_with_the_key(shelf: Shelf) -> None:
    shelf.put("data/0.parquet", b"12345")
    prefix = shelf.place.prefix
    missing = shelf.publish(File(f"{prefix}data/1.parquet", 5))
    with pytest.raises(ManifestError, match=r"data/1\.parquet.*does not exist"):
        shelf.objects.manifest(missing)
    truncated = shelf.publish(File(f"{prefix}data/0.parquet", 6))
    with pytest.raises(ManifestError, match=r"data/0\.parquet.*5 bytes; the manifest says 6"):
        shelf.objects.manifest(truncated)


def test_a_manifest_that_is_not_there_is_absent(shelf: Shelf) -> None:
    with pytest.raises(Absent):
        shelf.objects.manifest(shelf.place.manifest)
    assert not shelf.objects.exists(shelf.place.manifest)


def test_a_listing_is_of_one_place_and_not_of_its_namesakes(shelf: Shelf) -> None:
    shelf.put("a", b"1")
    shelf.account.put(f"{shelf.place.prefix.rstrip('/')}0/b", b"1")
    assert [file.key for file in listed(shelf)] == [f"{shelf.place.prefix}a"]


def test_a_long_listing_is_read_to_its_end(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        shelf.put(f"{number}", b"1")
    client, listing = shelf.objects.client, shelf.objects.client.list_objects_v2
    monkeypatch.setattr(client, "list_objects_v2", lambda **params: listing(**params, MaxKeys=2))
    assert len(listed(shelf)) == 5


@pytest.mark.parametrize(
    ("text", "lines"),
    [(b"", 0), (b"a", 1), (b"a\n", 1), (b"a\nb", 2), (b"a\nb\n", 2), (b"\n\n", 2), (b"x\n" * 700_000, 700_000)],
)
def test_lines_are_counted_without_holding_them(shelf: Shelf, text: bytes, lines: int) -> None:
    assert shelf.objects.lines(shelf.put("lines", text)) == lines


def test_an_object_is_copied_as_it_is(shelf: Shelf) -> None:
    source = shelf.put("model.tar.gz", b"trees")
    target = source.rpartition("/")[0] + "/copied/model.tar.gz"
    assert shelf.objects.copy(source, target) == target
    assert shelf.objects.read(target) == b"trees"


def packed(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def test_an_archive_is_unpacked_file_by_file(shelf: Shelf) -> None:
    archive = shelf.put("model.tar.gz", packed(**{"xgboost-model": b"trees", "code/inference.py": b"pass"}))
    folder = archive.rpartition("/")[0] + "/former/"
    shelf.objects.unpack(archive, folder)
    assert shelf.objects.read(f"{folder}xgboost-model") == b"trees"
    assert shelf.objects.read(f"{folder}code/inference.py") == b"pass"


@pytest.mark.parametrize("name", ["../elsewhere", "/etc/passwd", "a/../../b"])
def test_a_name_that_leads_out_of_the_folder_is_refused(shelf: Shelf, name: str) -> None:
    archive = shelf.put("wrong.tar.gz", packed(**{name: b"x"}))
    with pytest.raises(ManifestError, match="leave its folder"):
        shelf.objects.unpack(archive, archive.rpartition("/")[0] + "/out/")


def test_what_is_no_archive_is_refused(shelf: Shelf) -> None:
    archive = shelf.put("nothing.tar.gz", b"nothing")
    with pytest.raises(ManifestError, match=r"is no tar\.gz"):
        shelf.objects.unpack(archive, archive.rpartition("/")[0] + "/out/")


def test_the_first_line_is_found(shelf: Shelf) -> None:
    assert shelf.objects.first_line(shelf.put("lines", '{"user": "é"}\n{"user": "b"}\n'.encode())) == '{"user": "é"}'


def test_an_artifact_that_is_missing_or_empty_is_not_whole(shelf: Shelf) -> None:
    with pytest.raises(ManifestError, match="train-1 left no"):
        shelf.objects.whole(f"{shelf.place.uri}model.tar.gz", "train-1")
    with pytest.raises(ManifestError, match="it is empty"):
        shelf.objects.whole(shelf.put("model.tar.gz", b""), "train-1")


def test_the_checksum_is_that_of_the_bytes(shelf: Shelf) -> None:
    uri = shelf.put("x", b"trainyard")
    assert shelf.objects.sha256(uri) == hashlib.sha256(b"trainyard").hexdigest()
