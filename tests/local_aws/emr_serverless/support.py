"""Short words for making applications, running jobs and waiting for states."""

import gzip
import uuid
from typing import Any

from botocore.exceptions import ClientError

from tests.local_aws.emr.support import until
from tests.support import client

Record = dict[str, Any]
RELEASE = "emr-spark-8.1.0"
RUN_ENDED = ("SUCCESS", "FAILED", "CANCELLED")
_TRUST = '{"Version":"2012-10-17","Statement":[]}'
#: Says that it runs, then waits to be ended; a program without Spark's session, so that it starts quickly.
WAITS = """
import os, pathlib, sys, time
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
time.sleep(600)
"""


class Applications:
    """One local_aws as a person with Spark jobs to run sees it."""

    def __init__(self, endpoint_url: str) -> None:
        self.api = client(endpoint_url, "emr-serverless")
        self.s3 = client(endpoint_url, "s3")
        self.bucket = f"serverless-{uuid.uuid4().hex[:8]}"
        self.s3.create_bucket(Bucket=self.bucket)
        role = f"spark-{uuid.uuid4().hex[:8]}"
        made = client(endpoint_url, "iam").create_role(RoleName=role, AssumeRolePolicyDocument=_TRUST)
        self.role = str(made["Role"]["Arn"])

    def create(self, **changes: Any) -> str:
        """A new application's id, once it is CREATED."""
        asked = {"releaseLabel": RELEASE, "type": "SPARK", "clientToken": uuid.uuid4().hex, **changes}
        application = str(self.api.create_application(**asked)["applicationId"])
        self.application(application, "CREATED")
        return application

    def describe(self, application: str) -> Record:
        """The application as it is."""
        return dict(self.api.get_application(applicationId=application)["application"])

    def application(self, application: str, *states: str) -> Record:
        """The application as soon as it is in one of the states."""
        return self._when(lambda: self.describe(application), states)

    def put(self, key: str, text: str) -> str:
        """An object's URI."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=text.encode())
        return f"s3://{self.bucket}/{key}"

    def request(self, application: str, program: str, *args: str, parameters: str = "", **changes: Any) -> Record:
        """A StartJobRun that the service takes, with some things another way; None leaves a parameter out."""
        driver = {"entryPoint": program, "entryPointArguments": list(args)}
        if parameters:
            driver["sparkSubmitParameters"] = parameters
        logs = {"s3MonitoringConfiguration": {"logUri": f"s3://{self.bucket}/logs/"}}
        asked = {
            "applicationId": application,
            "clientToken": uuid.uuid4().hex,
            "executionRoleArn": self.role,
            "jobDriver": {"sparkSubmit": driver},
            "configurationOverrides": {"monitoringConfiguration": logs},
            **changes,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def start(self, application: str, program: str, *args: str, **changes: Any) -> str:
        """A new run's id."""
        return str(self.api.start_job_run(**self.request(application, program, *args, **changes))["jobRunId"])

    def run(self, application: str, run: str, *states: str) -> Record:
        """The run as soon as it is in one of the states (default: an end)."""
        return self._when(
            lambda: dict(self.api.get_job_run(applicationId=application, jobRunId=run)["jobRun"]), states or RUN_ENDED
        )

    def log(self, application: str, run: str, name: str) -> str:
        """A log of a run's driver as it lies under logUri."""
        key = f"logs/applications/{application}/jobs/{run}/SPARK_DRIVER/{name}.gz"
        return gzip.decompress(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()).decode()

    def refusal(self, method: str, **params: Any) -> tuple[str, str]:
        """Code and message of a call that is refused."""
        try:
            getattr(self.api, method)(**params)
        except ClientError as error:
            return error.response["Error"]["Code"], error.response["Error"]["Message"]
        raise AssertionError(f"{method} was not refused")

    @staticmethod
    def _when(look: Any, states: tuple[str, ...]) -> Record:
        def there() -> Record | None:
            found: Record = look()
            return found if found["state"] in states else None

        found: Record = until(there)
        return found
