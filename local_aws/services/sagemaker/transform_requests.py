"""The requests of a batch transform job: several under way, their answers in order."""

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from local_aws.containers.model_connection import ContainerGone, ModelConnection, ModelTimeout
from local_aws.services.sagemaker.transform_payloads import Payload
from local_aws.services.sagemaker.transform_processing import Processing
from local_aws.state import Record


class Stopped(Exception):
    """The job was asked to stop."""


class BadAnswer(Exception):
    """The algorithm refused a payload; ``blame`` is AWS's word for whose fault that is.

    ``line``: where in its file the payload begins.
    """

    line = 1

    def __init__(self, blame: str, what: str, message: str = "") -> None:
        super().__init__(what)
        self.blame = blame
        self.message = message


class Requests:
    """Sends payloads to the job's model.

    :param stopping: set when the job is to end.
    """

    def __init__(self, connection: ModelConnection, job: Record, stopping: threading.Event) -> None:
        self._connection = connection
        self._stopping = stopping
        self._processing = Processing(job)
        client = job.get("ModelClientConfig", {})
        self._timeout = client.get("InvocationsTimeoutInSeconds", 600)
        self._retries = client.get("InvocationsMaxRetries", 3)
        headers = {
            "Content-Type": job["TransformInput"].get("ContentType"),
            "Accept": job["TransformOutput"].get("Accept"),
        }
        self._headers = {name: value for name, value in headers.items() if value}

    def in_order(self, payloads: Iterator[Payload], concurrency: int) -> Iterator[bytes]:
        """What is to be written, in the order of the payloads, with ``concurrency`` requests under way.

        :raises BadAnswer: when a payload got no answer.
        :raises BadRecord: when one cannot be filtered or joined.
        :raises Stopped: when the job is to end.
        """
        under_way: deque[Future[bytes]] = deque()
        with ThreadPoolExecutor(max_workers=concurrency) as pool:
            try:
                for payload in payloads:
                    self._unless_stopped()
                    under_way.append(pool.submit(self._transform, payload))
                    if len(under_way) > concurrency:
                        yield under_way.popleft().result()
                while under_way:
                    yield under_way.popleft().result()
            finally:
                for future in under_way:
                    future.cancel()

    def _transform(self, payload: Payload) -> bytes:
        try:
            return self._processing.kept(payload, self._ask(self._processing.sent(payload)))
        except BadAnswer as bad:
            bad.line = payload.line
            raise

    def _ask(self, body: bytes) -> bytes:
        for attempt in range(self._retries + 1):
            self._unless_stopped()
            try:
                answer = self._connection.invoke(body, self._headers, self._timeout)
            except ModelTimeout:
                bad = BadAnswer("AlgorithmError", f"Model server did not respond within {self._timeout} seconds")
            except ContainerGone as gone:
                bad = BadAnswer("AlgorithmError", "Unable to get response from algorithm", str(gone))
            else:
                if answer.status < 300:
                    return answer.body
                message = answer.body.decode(errors="replace")
                if answer.status < 500:
                    raise BadAnswer("ClientError", f"ClientError: {answer.status}", message)
                bad = BadAnswer("AlgorithmError", f"Bad HTTP status received from algorithm: {answer.status}", message)
            if attempt < self._retries:
                self._stopping.wait(0.1 * 2**attempt)
        raise bad

    def _unless_stopped(self) -> None:
        if self._stopping.is_set():
            raise Stopped
