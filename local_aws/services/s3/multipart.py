"""Multipart uploads: parts are files until they are joined."""

import hashlib
import shutil
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local_aws.errors import AwsError
from local_aws.service import Call
from local_aws.services.s3.body import receive
from local_aws.services.s3.details import checksums, details_of_request, encryption
from local_aws.world import World


class Multipart:
    """Uploads under way; they survive a restart, as they do on AWS."""

    def __init__(self, world: World) -> None:
        self._objects = world.objects
        self._uploads = world.state.table("s3.uploads")
        self._folder = world.root / "s3-uploads"

    def create_multipart_upload(self, call: Call) -> dict[str, Any]:
        """Begin."""
        self._objects.bucket_folder(call.params["Bucket"])
        upload_id = uuid.uuid4().hex
        details = details_of_request(call.params)
        target = {"bucket": call.params["Bucket"], "key": call.params["Key"]}
        self._uploads.put(upload_id, {**target, "details": details, "initiated": datetime.now(UTC)})
        (self._folder / upload_id).mkdir(parents=True)
        return {"Bucket": target["bucket"], "Key": target["key"], "UploadId": upload_id, **encryption(details)}

    def upload_part(self, call: Call) -> dict[str, Any]:
        """Store one part; sent again it replaces the earlier one."""
        self._upload(call)
        part = self._part(call.params["UploadId"], int(call.params["PartNumber"]))
        incoming = self._objects.incoming()
        try:
            received = receive(call.request, incoming)
            incoming.replace(part)
        finally:
            incoming.unlink(missing_ok=True)
        return {"ETag": f'"{received.md5}"', **checksums({"checksums": received.checksums})}

    def complete_multipart_upload(self, call: Call) -> dict[str, Any]:
        """Join the named parts in order; the object appears whole."""
        upload = self._upload(call)
        upload_id = call.params["UploadId"]
        parts = (call.params.get("MultipartUpload") or {}).get("Parts") or []
        numbers = [int(part["PartNumber"]) for part in parts]
        if not numbers or numbers != sorted(set(numbers)):
            raise AwsError("InvalidPartOrder", "The list of parts was not in ascending order.", 400)
        incoming = self._objects.incoming()
        digests = hashlib.md5(usedforsecurity=False)
        with incoming.open("wb") as whole:
            for part in parts:
                path = self._part(upload_id, int(part["PartNumber"]))
                etag = _etag(path)
                if etag is None or etag != part["ETag"].strip('"'):
                    incoming.unlink()
                    raise AwsError("InvalidPart", f"Part {part['PartNumber']} is missing or has another ETag.", 400)
                digests.update(bytes.fromhex(etag))
                with path.open("rb") as file:
                    shutil.copyfileobj(file, whole, 1 << 20)
        etag = f"{digests.hexdigest()}-{len(parts)}"
        uri = f"s3://{upload['bucket']}/{upload['key']}"
        self._objects.publish(incoming, uri, reason="CompleteMultipartUpload", **{**upload["details"], "etag": etag})
        self._forget(upload_id)
        answer = {
            "Bucket": upload["bucket"],
            "Key": upload["key"],
            "ETag": f'"{etag}"',
            "Location": f"/{upload['bucket']}/{upload['key']}",
        }
        return {**answer, **encryption(upload["details"])}

    def abort_multipart_upload(self, call: Call) -> dict[str, Any]:
        """Drop the parts."""
        self._upload(call)
        self._forget(call.params["UploadId"])
        return {}

    def list_parts(self, call: Call) -> dict[str, Any]:
        """The parts that have arrived."""
        upload = self._upload(call)
        found = sorted((self._folder / call.params["UploadId"]).iterdir(), key=lambda path: int(path.name))
        parts = [
            {"PartNumber": int(path.name), "ETag": f'"{_etag(path)}"', "Size": path.stat().st_size} for path in found
        ]
        return {
            "Bucket": upload["bucket"],
            "Key": upload["key"],
            "UploadId": call.params["UploadId"],
            "Parts": parts,
            "IsTruncated": False,
        }

    def list_multipart_uploads(self, call: Call) -> dict[str, Any]:
        """The uploads of a bucket that are under way."""
        bucket, prefix = call.params["Bucket"], call.params.get("Prefix") or ""
        self._objects.bucket_folder(bucket)
        found = [
            {"UploadId": upload_id, "Key": upload["key"], "Initiated": upload["initiated"]}
            for upload_id, upload in self._uploads.items()
            if upload["bucket"] == bucket and upload["key"].startswith(prefix)
        ]
        return {"Bucket": bucket, "Prefix": prefix, "Uploads": found, "IsTruncated": False}

    def _upload(self, call: Call) -> dict[str, Any]:
        upload = self._uploads.get(call.params["UploadId"])
        if upload is None or (upload["bucket"], upload["key"]) != (call.params["Bucket"], call.params["Key"]):
            raise AwsError(
                "NoSuchUpload", "The specified upload does not exist. It may have been aborted or completed.", 404
            )
        return upload

    def _part(self, upload_id: str, number: int) -> Path:
        return self._folder / upload_id / str(number)

    def _forget(self, upload_id: str) -> None:
        self._uploads.delete(upload_id)
        shutil.rmtree(self._folder / upload_id, ignore_errors=True)


def _etag(path: Path) -> str | None:
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
