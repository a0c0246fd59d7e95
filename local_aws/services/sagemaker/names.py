"""The ARNs of hosting's resources."""

from local_aws.world import World


def arn(world: World, kind: str, name: str) -> str:
    """``arn:aws:sagemaker:us-east-1:123456789012:endpoint/name``; SageMaker writes names in lower case there.

    :param kind: ``model``, ``endpoint``, ``endpoint-config``, ``model-package`` or ``model-package-group``.
    """
    return world.arn("sagemaker", f"{kind}/{name.lower()}")
