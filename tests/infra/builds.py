"""The environment of a build: keys and a region as its host gives them, and nothing of this machine's."""

import os

from tests.support import REGION

_KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": REGION}


def in_a_build(url: str, **more: str) -> dict[str, str]:
    """The variables of a command that is to reach a local_aws; boto3 itself does not read AWS_REGION."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return inherited | _KEYS | {"AWS_ENDPOINT_URL": url, "AWS_CONFIG_FILE": os.devnull} | more
