"""A model's whole way with an image of one's own: trained, served, asked, transformed."""

from typing import Any

from tests.local_aws.sagemaker_jobs.support import Jobs, Record, eventually

TRAINING, TRANSFORM = "/aws/sagemaker/TrainingJobs", "/aws/sagemaker/TransformJobs"


def train(
    jobs: Jobs, image: str, channels: dict[str, str], hyperparameters: dict[str, str] | None = None, **more: Any
) -> Record:
    """Train with prefixes as channels, by the contract: no ContainerEntrypoint. The job at its end."""
    specification = {"TrainingImage": image, "TrainingInputMode": "File", **more.pop("AlgorithmSpecification", {})}
    inputs = [channel(name, uri) for name, uri in channels.items()]
    request = jobs.training_request(jobs.name(), "", HyperParameters=hyperparameters or {}, **more)
    request |= {"AlgorithmSpecification": specification} | ({"InputDataConfig": inputs} if inputs else {})
    jobs.sagemaker.create_training_job(**request)
    return jobs.ended_training(request["TrainingJobName"])


def channel(name: str, uri: str) -> Record:
    """A channel of CSV below a prefix."""
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}
    return {"ChannelName": name, "ContentType": "text/csv", "DataSource": source}


def log_of(jobs: Jobs, job: Record) -> list[str]:
    """The lines of a training job."""
    return jobs.lines(TRAINING, job["TrainingJobName"])


def model(jobs: Jobs, image: str, artifact: str, environment: dict[str, str] | None = None) -> str:
    """A model of the image and a model.tar.gz; its name."""
    name = jobs.name("model")
    container = {"Image": image, "ModelDataUrl": artifact, "Environment": environment or {}}
    jobs.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=jobs.role)
    return name


def transform(jobs: Jobs, model_name: str, data: str, **more: Any) -> tuple[Record, str]:
    """Score the lines of a CSV in S3. The job at its end, and what it wrote."""
    name = jobs.name("transform")
    source = {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": data}}, "ContentType": "text/csv"}
    jobs.sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=model_name,
        TransformInput={**source, "SplitType": "Line"},
        TransformOutput={"S3OutputPath": jobs.uri(f"scores/{name}/"), "Accept": "text/csv", "AssembleWith": "Line"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **more,
    )

    def ended() -> Record | None:
        job = jobs.sagemaker.describe_transform_job(TransformJobName=name)
        return job if job["TransformJobStatus"] in ("Completed", "Failed", "Stopped") else None

    job = eventually(ended)
    written = f"scores/{name}/{data.rpartition('/')[2]}.out"
    return job, jobs.read(written).decode() if job["TransformJobStatus"] == "Completed" else ""


class Endpoint:
    """An endpoint for the time of a block."""

    def __init__(self, jobs: Jobs, model_name: str) -> None:
        self._jobs = jobs
        self._runtime = jobs.aws.client("sagemaker-runtime")
        self.name = jobs.name("endpoint")
        variant = {"VariantName": "A", "ModelName": model_name, "InstanceType": "ml.m5.large"}
        jobs.sagemaker.create_endpoint_config(
            EndpointConfigName=self.name, ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
        )
        jobs.sagemaker.create_endpoint(EndpointName=self.name, EndpointConfigName=self.name)

    def settled(self) -> Record:
        """Its description once it is in service, or has failed."""

        def described() -> Record | None:
            endpoint = self._jobs.sagemaker.describe_endpoint(EndpointName=self.name)
            return endpoint if endpoint["EndpointStatus"] != "Creating" else None

        return eventually(described)

    def __enter__(self) -> "Endpoint":
        endpoint = self.settled()
        assert endpoint["EndpointStatus"] == "InService", endpoint.get("FailureReason")
        return self

    def __exit__(self, *_: object) -> None:
        self._jobs.sagemaker.delete_endpoint(EndpointName=self.name)

    def ask(self, body: bytes, **params: str) -> str:
        """The model's answer."""
        given = {"ContentType": "text/csv", **params}
        return self._runtime.invoke_endpoint(EndpointName=self.name, Body=body, **given)["Body"].read().decode()

    def refusal(self, body: bytes, **params: str) -> tuple[int, str]:
        """Status and words with which the model refuses."""
        try:
            answer = self.ask(body, **params)
        except self._runtime.exceptions.ModelError as error:
            return error.response["OriginalStatusCode"], error.response["OriginalMessage"]
        raise AssertionError(f"it answered {answer!r}")


def tune(jobs: Jobs, image: str, channels: dict[str, str], fixed: dict[str, str], **ranges: Any) -> Record:
    """Search for the highest ``validation-auc`` in the log. The tuning job at its end."""
    name = jobs.name("tune")
    training = jobs.training_request("unused", "")
    metric = {"Name": "validation:auc", "Regex": "validation-auc:([0-9.]+)"}
    members = ("RoleArn", "OutputDataConfig", "ResourceConfig", "StoppingCondition")
    jobs.sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name,
        HyperParameterTuningJobConfig={
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": metric["Name"]},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": ranges,
        },
        TrainingJobDefinition={
            "AlgorithmSpecification": {
                "TrainingImage": image, "TrainingInputMode": "File", "MetricDefinitions": [metric],
            },
            "InputDataConfig": [channel(key, uri) for key, uri in channels.items()],
            "StaticHyperParameters": fixed,
            **{member: training[member] for member in members},
        },
    )  # fmt: skip

    def ended() -> Record | None:
        job = jobs.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        return job if job["HyperParameterTuningJobStatus"] in ("Completed", "Failed", "Stopped") else None

    return eventually(ended)
