"""The container images that AWS publishes, by their short names.

Accounts from AWS's documentation of Deep Learning Containers and of SageMaker's own containers. A region that is not
listed needs the image's full URI in the ModelSpec. An image of one's own is ``own/<repository>:<tag>``: that repository
of the account's own registry, wherever the model runs.
"""

from __future__ import annotations

from trainyard.errors import SpecError

_OWN = "own/"
_DEEP_LEARNING_ACCOUNT = "763104351884"
_DEEP_LEARNING_REGIONS = frozenset(
    {
        "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1",
        "eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1", "eu-north-1",
        "ap-south-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2",
    }
)  # fmt: skip
_ALGORITHM_ACCOUNTS = {
    "us-east-1": "683313688378",
    "us-east-2": "257758044811",
    "us-west-1": "746614075791",
    "us-west-2": "246618743249",
    "eu-west-1": "141502667606",
    "eu-central-1": "492215442770",
    "ap-northeast-1": "354813040037",
    "ap-southeast-2": "783357654285",
}


def image_uri(image: str, region: str, own_account: str = "") -> str:
    """Return the full URI of an image in a region.

    Args:
        image: a short name such as ``pytorch-training:2.5.1-cpu-py311`` or ``own/lead-scoring-r:1``, or a full URI,
            which is returned as it is.
        region: where the job runs; an image is pulled from its own region.
        own_account: the account that the job runs in.

    Raises:
        SpecError: when the short name is not known in that region.
    """
    if image.startswith(_OWN):
        if not own_account:
            raise SpecError(f"Image {image!r} is in the registry of an account that is not known here.")
        suffix = ".cn" if region.startswith("cn-") else ""
        return f"{own_account}.dkr.ecr.{region}.amazonaws.com{suffix}/{image.removeprefix(_OWN)}"
    if "/" in image:
        return image
    name = image.partition(":")[0]
    account = None
    if name.startswith("pytorch-") and region in _DEEP_LEARNING_REGIONS:
        account = _DEEP_LEARNING_ACCOUNT
    elif name in ("sagemaker-scikit-learn", "sagemaker-xgboost"):
        account = _ALGORITHM_ACCOUNTS.get(region)
    if account is None:
        raise SpecError(f"Image {image!r} is not known in {region}: write its full URI (account.dkr.ecr...) instead.")
    return f"{account}.dkr.ecr.{region}.amazonaws.com/{image}"
