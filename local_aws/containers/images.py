"""Which container images local_aws can stand in for, by the addresses that AWS publishes.

There is no Docker here. An image is a *kind* of program (what its entrypoint does) plus a list of Python
packages that make its environment. Everything else about the address (account, region, version, Python) is
checked as ECR would check it, so that a URI that works here exists on AWS, too.

Sources of the tables: AWS's "Available Deep Learning Containers Images" and "SageMaker Docker Registry Paths"
pages, as they are encoded in the SageMaker Python SDK's ``image_uri_config``.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from local_aws.containers import own_images
from local_aws.containers.dockerfile import BadDockerfile
from local_aws.containers.own_images import OwnImage
from local_aws.errors import AwsError

Kind = Literal["pytorch-training", "pytorch-inference", "scikit-learn", "xgboost", "python", "own"]

REQUIREMENTS = Path(__file__).parent / "requirements"

#: A plain Python, for containers of one's own.
PYTHON = "local/python:3.11"

_COMMERCIAL = "763104351884"
_DEEP_LEARNING_ACCOUNTS = {
    "af-south-1": "626614931356",
    "ap-east-1": "871362719292",
    "ap-northeast-3": "364406365360",
    "ap-south-2": "772153158452",
    "ap-southeast-3": "907027046896",
    "ap-southeast-4": "457447274322",
    "ca-west-1": "204538143572",
    "cn-north-1": "727897471807",
    "cn-northwest-1": "727897471807",
    "eu-central-2": "380420809688",
    "eu-south-1": "692866216735",
    "eu-south-2": "503227376785",
    "il-central-1": "780543022126",
    "me-central-1": "914824155844",
    "me-south-1": "217643126080",
    "us-gov-east-1": "446045086412",
    "us-gov-west-1": "442386744353",
}
# Every region that is older than the opt-in ones above shares one account.
_DEEP_LEARNING_REGIONS = re.compile(
    r"ap-northeast-[12]|ap-south-1|ap-southeast-[12]|ca-central-1|eu-(central|north)-1|eu-west-[123]|sa-east-1"
    r"|us-(east|west)-[12]"
)
# scikit-learn and XGBoost are kept by the same accounts.
_ALGORITHM_ACCOUNTS = {
    "af-south-1": "510948584623",
    "ap-east-1": "651117190479",
    "ap-northeast-1": "354813040037",
    "ap-northeast-2": "366743142698",
    "ap-northeast-3": "867004704886",
    "ap-south-1": "720646828776",
    "ap-south-2": "628508329040",
    "ap-southeast-1": "121021644041",
    "ap-southeast-2": "783357654285",
    "ap-southeast-3": "951798379941",
    "ap-southeast-4": "106583098589",
    "ca-central-1": "341280168497",
    "cn-north-1": "450853457545",
    "cn-northwest-1": "451049120500",
    "eu-central-1": "492215442770",
    "eu-central-2": "680994064768",
    "eu-north-1": "662702820516",
    "eu-south-1": "978288397137",
    "eu-south-2": "104374241257",
    "eu-west-1": "141502667606",
    "eu-west-2": "764974769150",
    "eu-west-3": "659782779980",
    "me-central-1": "272398656194",
    "me-south-1": "801668240914",
    "sa-east-1": "737474898029",
    "us-east-1": "683313688378",
    "us-east-2": "257758044811",
    "us-gov-east-1": "237065988967",
    "us-gov-west-1": "414596584902",
    "us-west-1": "746614075791",
    "us-west-2": "246618743249",
}

_PYTORCH_REPOSITORIES: dict[str, Kind] = {
    "pytorch-training": "pytorch-training",
    "pytorch-inference": "pytorch-inference",
}
# The Python that AWS ships with each PyTorch minor version; any other pair was never published.
_PYTORCH_PYTHON = {
    "1.8": ("py3", "py36"),
    "1.9": ("py38",),
    "1.10": ("py38",),
    "1.11": ("py38",),
    "1.12": ("py38",),
    "1.13": ("py39",),
    "2.0": ("py310",),
    "2.1": ("py310",),
    "2.2": ("py310",),
    "2.3": ("py311",),
    "2.4": ("py311",),
    "2.5": ("py311",),
    "2.6": ("py312",),
    "2.7": ("py312",),
    "2.8": ("py312",),
}
# Older scikit-learn images (0.20.0, 0.23-1, 1.0-1) have no packages for a Python that is still maintained; those of
# XGBoost (1.7-1 and before) none without 200 MB of CUDA.
_ALGORITHM_TAGS: dict[str, tuple[Kind, dict[str, str]]] = {
    "sagemaker-scikit-learn": (
        "scikit-learn",
        {
            "1.2-1-cpu-py3": "scikit-learn-1.2",
            "1.2-1": "scikit-learn-1.2",
            "1.4-2-cpu-py3": "scikit-learn-1.4",
            "1.4-2": "scikit-learn-1.4",
        },
    ),
    "sagemaker-xgboost": ("xgboost", {"3.0-5": "xgboost-3.0"}),
}

_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?"
    r"/(?P<repository>[a-z0-9._/-]+)(:(?P<tag>[\w.-]+))?(?P<digest>@sha256:[0-9a-f]{64})?"
)
_PYTORCH_TAG = re.compile(
    r"(?P<minor>\d+\.\d+)(\.\d+)?-(cpu|gpu)-(?P<python>py\d+)(-cu\d+)?(-ubuntu\d\d\.\d\d)?(-sagemaker)?(-v[\d.-]+)?"
)
_LOCAL = re.compile(r"local/python(:3(\.\d+)?)?")

_PERMISSIONS = "ecr:BatchCheckLayerAvailability, ecr:BatchGetImage, ecr:GetDownloadUrlForLayer"
_SERVED = (
    "local_aws serves: <deep learning account>.dkr.ecr.<region>.amazonaws.com/pytorch-training and "
    "pytorch-inference (such as 763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.5.1-cpu-py311), "
    "sagemaker-scikit-learn:1.2-1-cpu-py3 and 1.4-2-cpu-py3 and sagemaker-xgboost:3.0-5 (in us-east-1 of account "
    "683313688378), local/python:3.11, a plain Python for a program of your own (ContainerEntrypoint, or script mode), "
    f"and images of your own: <your account>.dkr.ecr.<region>.amazonaws.com/<folder below {own_images.VARIABLE}>."
)


@dataclass(frozen=True)
class Image:
    """A container image that local_aws can stand in for."""

    uri: str
    kind: Kind
    #: Name of the file in ``requirements/`` that makes the environment; one environment may serve many images.
    environment: str
    #: What an image of one's own is made of.
    own: OwnImage | None = None

    @property
    def requirements(self) -> str:
        """The packages of the image, in pip's format."""
        return self.own.requirements if self.own else (REQUIREMENTS / f"{self.environment}.txt").read_text()

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of what stands for the image here."""
        return self.own.digest if self.own else hashlib.sha256(self.requirements.encode()).hexdigest()

    @property
    def script_mode(self) -> bool:
        """Whether the image has a ``train``: its own, or SageMaker's toolkit, which ``local/python`` has, too."""
        return self.kind != "pytorch-inference"

    @property
    def framework_module(self) -> str:
        """What the toolkit of this image puts into SM_FRAMEWORK_MODULE; empty where no framework wraps it."""
        modules = {
            "pytorch-training": "sagemaker_pytorch_container",
            "scikit-learn": "sagemaker_sklearn_container",
            "xgboost": "sagemaker_xgboost_container",
        }
        return f"{modules[self.kind]}.training:main" if self.kind in modules else ""


def image_for(uri: str) -> Image:
    """The image at an address.

    Raises:
        AwsError: ValidationException in ECR's and SageMaker's own words, followed by what local_aws serves.
    """
    if _LOCAL.fullmatch(uri):
        return Image(uri, "python", "python")
    parts = _ECR.fullmatch(uri)
    if parts is None:
        raise _refused(
            "TrainingImageConfig with TrainingRepositoryAccessMode set to VPC must be provided when using a training "
            f"image from a private Docker registry: {uri}."
        )
    account, region, repository = parts["account"], parts["region"], parts["repository"]
    if repository in _PYTORCH_REPOSITORIES and account == _deep_learning_account(region):
        tag = _PYTORCH_TAG.fullmatch(parts["tag"] or "")
        if tag and tag["python"] in _PYTORCH_PYTHON.get(tag["minor"], ()):
            return Image(uri, _PYTORCH_REPOSITORIES[repository], "pytorch")
        raise _no_tag(uri, parts["tag"])
    if repository in _ALGORITHM_TAGS and account == _ALGORITHM_ACCOUNTS.get(region):
        kind, tags = _ALGORITHM_TAGS[repository]
        environment = tags.get(parts["tag"] or "")
        if environment:
            return Image(uri, kind, environment)
        raise _no_tag(uri, parts["tag"])
    if own := _own_image(account, uri, repository, parts["tag"], parts["digest"]):
        return own
    raise _refused(
        f"Cannot find repository: {repository} in registry ID: {account} Please check if your ECR repository exists "
        f"and the role has proper pull permissions for SageMaker: {_PERMISSIONS}."
    )


def _own_image(account: str, uri: str, repository: str, tag: str | None, digest: str | None) -> Image | None:
    """An image of one's own: there is one for all tags, and of a digest only the one that its folder has now."""
    from local_aws.moto_bridge import ACCOUNT  # moto is slow to import, and `prepare` needs none of it

    if account != ACCOUNT:
        return None
    try:
        own = own_images.find(repository)
    except BadDockerfile as error:
        raise _refused(f"The image {uri} cannot be made here: {error}.") from None
    if own and digest and digest != f"@sha256:{own.digest}":
        raise _no_tag(uri, tag, digest.removeprefix("@"))
    return Image(uri, "own", own.folder.name, own) if own else None


def _deep_learning_account(region: str) -> str | None:
    return _COMMERCIAL if _DEEP_LEARNING_REGIONS.fullmatch(region) else _DEEP_LEARNING_ACCOUNTS.get(region)


def _no_tag(uri: str, tag: str | None, digest: str | None = None) -> AwsError:
    told = tag or ("null" if digest else "latest")
    return _refused(
        f"Cannot find the requested image: {uri} with tag: {told} and digest: {digest or 'null'}. Please check if your "
        f"ECR image exists and the role has proper pull permissions for SageMaker: {_PERMISSIONS}."
    )


def _refused(reason: str) -> AwsError:
    return AwsError("ValidationException", f"{reason} {_SERVED}")
