"""Operations on pipelines."""

from datetime import UTC, datetime
from typing import Any

from local_aws.service import Call
from local_aws.services.sagemaker import checks
from local_aws.services.sagemaker.hosting_lists import listed
from local_aws.services.sagemaker.pipelines import errors
from local_aws.services.sagemaker.pipelines.definition import parse
from local_aws.services.sagemaker.pipelines.store import ENDED, Store
from local_aws.services.sagemaker.records import now
from local_aws.services.sagemaker.tags import Tags
from local_aws.state import Record
from local_aws.world import World

_SAID = ("PipelineDisplayName", "PipelineDescription", "RoleArn", "ParallelismConfiguration")


class Pipelines:
    """CreatePipeline to DeletePipeline."""

    def __init__(self, world: World, store: Store, tags: Tags) -> None:
        self._world, self._store, self._tags = world, store, tags

    def create_pipeline(self, call: Call) -> dict[str, Any]:
        """Keep a pipeline whose definition can be carried out."""
        asked = call.params

        def make() -> str:
            if self._store.has_pipeline(asked["PipelineName"]):
                raise errors.invalid(
                    "Pipeline names must be unique within an AWS account and region. Pipeline with name "
                    f"({asked['PipelineName']}) already exists."
                )
            record = self._told(asked, {})
            moment = now()
            record |= {
                "PipelineName": asked["PipelineName"],
                "PipelineArn": self._store.pipeline_arn(asked["PipelineName"]),
                "PipelineStatus": "Active",
                "CreationTime": moment,
                "LastModifiedTime": moment,
                "CreatedBy": {},
                "LastModifiedBy": {},
            }
            record.setdefault("PipelineDisplayName", asked["PipelineName"])
            self._store.put_pipeline(record)
            self._tags.put(record["PipelineArn"], asked.get("Tags"))
            return str(record["PipelineArn"])

        return {"PipelineArn": self._store.once("CreatePipeline", asked, make)}

    def update_pipeline(self, call: Call) -> dict[str, Any]:
        """Change a pipeline; executions that have begun keep the definition that they began with."""
        with self._store.lock:
            before = self._store.pipeline(call.params["PipelineName"])
            record = {**before, **self._told(call.params, before), "LastModifiedTime": now()}
            self._store.put_pipeline(record)
        return {"PipelineArn": record["PipelineArn"]}

    def describe_pipeline(self, call: Call) -> dict[str, Any]:
        """The pipeline with its definition."""
        if "PipelineVersionId" in call.params:
            raise errors.not_here(["PipelineVersionId"])
        return self._store.pipeline(call.params["PipelineName"])

    def delete_pipeline(self, call: Call) -> dict[str, Any]:
        """Forget a pipeline of which no execution is under way."""
        with self._store.lock:
            arn = self._store.pipeline(call.params["PipelineName"])["PipelineArn"]
            if any(run["PipelineExecutionStatus"] not in ENDED for run in self._store.executions(arn)):
                raise errors.conflict(f"Pipeline '{arn}' has executions that are under way, and cannot be deleted.")
            self._store.delete_pipeline(arn)
            self._tags.forget(arn)
        return {"PipelineArn": arn}

    def list_pipelines(self, call: Call) -> dict[str, Any]:
        """A page of pipelines, the newest first."""
        asked = dict(call.params)
        prefix = asked.get("PipelineNamePrefix", "")
        found = [record for record in self._store.pipelines() if record["PipelineName"].startswith(prefix)]
        found = [record for record in found if created_between(record, asked)]
        for record in found:
            if "LastRunTime" in record:
                record["LastExecutionTime"] = record["LastRunTime"]
        return listed("PipelineSummaries", found, asked, name="PipelineName")

    def _told(self, asked: dict[str, Any], before: Record) -> Record:
        """What a request says about a pipeline.

        :raises AwsError: when the definition cannot be carried out, or the role is not there.
        """
        if "RoleArn" in asked:
            checks.check_role(asked["RoleArn"])
        text, place = asked.get("PipelineDefinition"), asked.get("PipelineDefinitionS3Location")
        if text and place:
            raise errors.invalid("Both Pipeline Definition and Pipeline Definition S3 Location shouldn't be present")
        if place:
            if "VersionId" in place:
                raise errors.not_here(["PipelineDefinitionS3Location.VersionId"])
            text = self._world.objects.read(f"s3://{place['Bucket']}/{place['ObjectKey']}").decode()
        text = text or before.get("PipelineDefinition")
        if not text:
            raise errors.invalid("Either Pipeline Definition or Pipeline Definition S3 location should be present")
        parse(text)
        return {**{name: asked[name] for name in _SAID if name in asked}, "PipelineDefinition": text}


def created_between(record: Record, asked: dict[str, Any]) -> bool:
    """Whether a record was made after ``CreatedAfter`` and before ``CreatedBefore``."""
    after, before = asked.get("CreatedAfter"), asked.get("CreatedBefore")
    made = record["CreationTime"]
    return (after is None or made >= _utc(after)) and (before is None or made <= _utc(before))


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
