"""ModelError: what went wrong in the model's container, in SageMaker's words and the container's own."""

from local_aws.containers.model_connection import ModelResponse
from local_aws.errors import AwsError
from local_aws.services.sagemaker.fleets import LOG_GROUP
from local_aws.world import World

_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the latency metrics for "
    "each container in Amazon CloudWatch, resolve the issue, and try again."
)


class ModelError(AwsError):
    """The service model's ModelError; the encoder takes its members from the attributes of their names."""

    def __init__(self, world: World, endpoint: str, status: int, original: str, sentence: str) -> None:
        group = f"{LOG_GROUP}/{endpoint}"
        console = f"https://{world.region}.console.aws.amazon.com/cloudwatch/home?region={world.region}"
        see = f"{console}#logEventViewer:group={group} in account {world.account} for more information."
        super().__init__("ModelError", f"{sentence}. See {see}", 424)
        self.OriginalStatusCode = status
        self.OriginalMessage = original
        self.LogStreamArn = world.arn("logs", f"log-group:{group}")


def answered_badly(world: World, endpoint: str, answer: ModelResponse) -> ModelError:
    """For an answer that is no success."""
    side = "client" if 400 <= answer.status < 500 else "server"
    text = answer.body.decode(errors="replace")
    sentence = f'Received {side} error ({answer.status}) from primary with message "{text}"'
    return ModelError(world, endpoint, answer.status, text, sentence)


def timed_out(world: World, endpoint: str) -> ModelError:
    """For an answer that did not come within 60 seconds."""
    sentence = f'Received server error (0) from primary with message "{_TIMED_OUT}"'
    return ModelError(world, endpoint, 0, _TIMED_OUT, sentence)


def gone(world: World, endpoint: str) -> ModelError:
    """For a container that ended while it was asked."""
    sentence = "Received server error (500) from primary and could not load the entire response body"
    return ModelError(world, endpoint, 500, "", sentence)
