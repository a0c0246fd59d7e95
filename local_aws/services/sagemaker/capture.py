"""Data capture: requests and answers of an endpoint as JSON lines in S3, as SageMaker's model monitor reads them.

Objects are ``<destination>/<endpoint>/<variant>/<yyyy>/<mm>/<dd>/<hh>/<mm-ss-mmm-uuid>.jsonl``. Records are held back
for some seconds, so that a busy endpoint writes few objects (AWS holds them for minutes).
"""

import base64
import json
import logging
import threading
import uuid
from datetime import UTC, datetime
from typing import Any

from local_aws.errors import AwsError
from local_aws.services.sagemaker.artifacts import Output
from local_aws.world import World

log = logging.getLogger(__name__)

_MODES = {"Input": ("Input",), "Output": ("Output",), "InputAndOutput": ("Input", "Output")}


class Capture:
    """What one deployed configuration captures."""

    def __init__(self, world: World, endpoint: str, config: dict[str, Any]) -> None:
        self._objects = world.objects
        self._output = Output(world, config.get("KmsKeyId"))
        self._prefix = f"{config['DestinationS3Uri'].rstrip('/')}/{endpoint}"
        self._percentage = config["InitialSamplingPercentage"]
        self._sides = {side for option in config["CaptureOptions"] for side in _MODES[option["CaptureMode"]]}
        headers = config.get("CaptureContentTypeHeader", {})
        self._encodings = dict.fromkeys(headers.get("CsvContentTypes", []), "CSV")
        self._encodings |= dict.fromkeys(headers.get("JsonContentTypes", []), "JSON")
        self._lock = threading.Lock()
        self._held: dict[str, list[str]] = {}
        self._credit = 0

    def note(
        self,
        variant: str,
        request: tuple[str, bytes],
        answer: tuple[str, bytes],
        inference_id: str | None,
        custom_attributes: str | None,
    ) -> None:
        """Keep one request and its answer, each a content type and a body, if it is its turn to be sampled."""
        now = datetime.now(UTC)
        with self._lock:
            self._credit += self._percentage
            if self._credit < 100:
                return
            self._credit -= 100
        data: dict[str, Any] = {}
        if "Input" in self._sides:
            data["endpointInput"] = self._side("INPUT", *request)
        if "Output" in self._sides:
            data["endpointOutput"] = self._side("OUTPUT", *answer)
        metadata: dict[str, Any] = {"eventId": str(uuid.uuid4()), "inferenceTime": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
        if custom_attributes:
            metadata["customAttributes"] = [custom_attributes]
        if inference_id:
            metadata["inferenceId"] = inference_id
        line = json.dumps({"captureData": data, "eventMetadata": metadata, "eventVersion": "0"})
        folder = f"{self._prefix}/{variant}/{now:%Y/%m/%d/%H}"
        with self._lock:
            self._held.setdefault(folder, []).append(line)

    def flush(self) -> None:
        """Write what is held back. As on AWS, capturing gives way: what cannot be written is lost, and logged."""
        with self._lock:
            held, self._held = self._held, {}
        for folder, lines in held.items():
            try:
                self._write(folder, lines)
            except (OSError, AwsError):
                log.exception("%s captured requests below %s are lost", len(lines), folder)

    def _write(self, folder: str, lines: list[str]) -> None:
        now = datetime.now(UTC)
        name = f"{now:%M-%S}-{now.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
        written = self._objects.incoming()
        try:
            written.write_text("\n".join(lines) + "\n")
            self._output.file(written, f"{folder}/{name}")
        finally:
            written.unlink(missing_ok=True)

    def _side(self, mode: str, content_type: str, body: bytes) -> dict[str, str]:
        encoding = self._encodings.get(content_type, "BASE64")
        data = base64.b64encode(body).decode() if encoding == "BASE64" else body.decode(errors="replace")
        return {"observedContentType": content_type, "mode": mode, "data": data, "encoding": encoding}
