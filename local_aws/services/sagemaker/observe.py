"""What a job prints: log lines, and the metrics read from them."""

import math
import re
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any

from local_aws.errors import AwsError
from local_aws.logs import LogWriter
from local_aws.services.sagemaker.records import now

#: As CloudWatch shows what SageMaker's containers print; patterns such as ``.*#011validation-auc:(\S+)`` count on it.
_ESCAPES = str.maketrans({"\t": "#011", "\r": "#015", "\x1b": "#033"})
_KEPT_LINES = 60

OnMetric = Callable[[str, float, datetime], None]


class Metrics:
    """Applies MetricDefinitions to lines.

    :param definitions: the API's ``[{"Name", "Regex"}]``.
    :param on_metric: told of each value at once.
    :raises AwsError: ``ValidationException`` for a regular expression that is none.
    """

    def __init__(self, definitions: list[dict[str, str]], on_metric: OnMetric) -> None:
        self._patterns = [(item["Name"], _compiled(item["Regex"])) for item in definitions]
        self._on_metric = on_metric
        self._last: dict[str, tuple[float, datetime]] = {}

    def read(self, line: str) -> None:
        """Find metrics in a line; what is found but is no number is passed over, as SageMaker does."""
        for name, pattern in self._patterns:
            for match in pattern.finditer(line):
                try:
                    value = float(match[1] if pattern.groups else match[0])
                except (ValueError, TypeError):
                    continue
                if not math.isfinite(value):
                    continue
                self._last[name] = (value, now())
                self._on_metric(name, *self._last[name])

    def final(self) -> list[dict[str, Any]]:
        """FinalMetricDataList: the last value of each metric."""
        return [
            {"MetricName": name, "Value": value, "Timestamp": at} for name, (value, at) in sorted(self._last.items())
        ]


class JobOutput:
    """Takes a job's lines: into its log stream, through its metrics, and the last ones into memory."""

    def __init__(self, writer: LogWriter, metrics: Metrics | None = None) -> None:
        self._writer = writer
        self._metrics = metrics
        self.last_lines: deque[str] = deque(maxlen=_KEPT_LINES)

    def line(self, line: str) -> None:
        """A line of the container."""
        self.last_lines.append(line)
        line = line.translate(_ESCAPES)
        self._writer.write(line)
        if self._metrics:
            self._metrics.read(line)

    def note(self, line: str) -> None:
        """A line of local_aws itself; no metric is read from it."""
        self._writer.write(line.translate(_ESCAPES))

    def close(self) -> None:
        """No more lines."""
        self._writer.close()


def check_definitions(definitions: list[dict[str, str]]) -> None:
    """Refuse MetricDefinitions with a regular expression that is none.

    :raises AwsError: ``ValidationException``.
    """
    for item in definitions:
        _compiled(item["Regex"])


def _compiled(regex: str) -> re.Pattern[str]:
    try:
        return re.compile(regex)
    except re.error as error:
        raise AwsError(
            "ValidationException", f"Invalid metric definition: the regular expression {regex!r} is not valid: {error}"
        ) from error
