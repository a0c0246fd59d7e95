"""Reading the logs of jobs through the API of CloudWatch Logs."""

from typing import Any, ClassVar

from local_aws.errors import AwsError, Declined
from local_aws.logs import LogEvent
from local_aws.service import Call, Service
from local_aws.world import World


class Logs(Service):
    """``GetLogEvents``, ``DescribeLogStreams`` and ``FilterLogEvents`` of the groups that jobs write to."""

    name: ClassVar[str] = "logs"
    owns_all: ClassVar[bool] = False

    def __init__(self, world: World) -> None:
        self._logs = world.logs

    def describe_log_streams(self, call: Call) -> dict[str, Any]:
        """Streams by name, or by the time of their last event."""
        group = self._job_group(call)
        prefix = call.params.get("logStreamNamePrefix", "")
        streams = [self._describe(group, name) for name in self._logs.streams(group, prefix)]
        if call.params.get("orderBy") == "LastEventTime":
            streams.sort(key=lambda stream: stream["lastEventTimestamp"])
        if call.params.get("descending"):
            streams.reverse()
        start = int(call.params.get("nextToken") or 0)
        end = start + int(call.params.get("limit") or 50)
        page: dict[str, Any] = {"logStreams": streams[start:end]}
        if end < len(streams):
            page["nextToken"] = str(end)
        return page

    def get_log_events(self, call: Call) -> dict[str, Any]:
        """A page of events. As on AWS the forward token repeats itself at the end of the stream."""
        group = self._job_group(call)
        events = self._events(group, call.params["logStreamName"], call)
        limit = int(call.params.get("limit") or 10000)
        token = call.params.get("nextToken", "")
        if token.startswith("f/"):
            start = int(token[2:])
        elif token.startswith("b/"):
            start = max(0, int(token[2:]) - limit)
        else:
            start = 0 if call.params.get("startFromHead") else max(0, len(events) - limit)
        page = events[start : start + limit]
        return {
            "events": [_event(event) for event in page],
            "nextForwardToken": f"f/{start + len(page)}",
            "nextBackwardToken": f"b/{start}",
        }

    def filter_log_events(self, call: Call) -> dict[str, Any]:
        """Events of several streams in order of time; the pattern is a plain text that the message must contain."""
        group = self._job_group(call)
        streams = call.params.get("logStreamNames") or self._logs.streams(
            group, call.params.get("logStreamNamePrefix", "")
        )
        wanted = str(call.params.get("filterPattern", "")).strip('"')
        found = [
            {**_event(event), "logStreamName": stream, "eventId": f"{event.timestamp}/{index}"}
            for stream in streams
            for index, event in enumerate(self._events(group, stream, call))
            if wanted in event.message
        ]
        found.sort(key=lambda event: event["timestamp"])
        start = int(call.params.get("nextToken") or 0)
        end = start + int(call.params.get("limit") or 10000)
        page: dict[str, Any] = {"events": found[start:end], "searchedLogStreams": []}
        if end < len(found):
            page["nextToken"] = str(end)
        return page

    def _job_group(self, call: Call) -> str:
        group = call.params.get("logGroupName") or call.params.get("logGroupIdentifier", "").rpartition("log-group:")[2]
        if group not in self._logs.groups():
            raise Declined
        return str(group)

    def _events(self, group: str, stream: str, call: Call) -> list[LogEvent]:
        if stream not in self._logs.streams(group):
            raise AwsError("ResourceNotFoundException", "The specified log stream does not exist.")
        begin, end = call.params.get("startTime", 0), call.params.get("endTime", 1 << 62)
        return [event for event in self._logs.events(group, stream) if begin <= event.timestamp < end]

    def _describe(self, group: str, stream: str) -> dict[str, Any]:
        path = self._logs.path(group, stream)
        first = next(self._logs.events(group, stream), None)
        created = first.timestamp if first else int(path.stat().st_ctime * 1000)
        return {
            "logStreamName": stream,
            "creationTime": created,
            "firstEventTimestamp": created,
            "lastEventTimestamp": int(path.stat().st_mtime * 1000),
            "lastIngestionTime": int(path.stat().st_mtime * 1000),
            "storedBytes": path.stat().st_size,
        }


def _event(event: LogEvent) -> dict[str, Any]:
    return {"timestamp": event.timestamp, "message": event.message, "ingestionTime": event.timestamp}
