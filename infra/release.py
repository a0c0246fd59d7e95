"""``python -m infra.release``: the code of this checkout into the stack's bucket, and the Airflow Variable of it.

For an AWS account, where ``aws cloudformation deploy`` has made the stack. Credentials and region are those that every
AWS tool finds: AWS_PROFILE, AWS_REGION and the like. The Variable's JSON goes to stdout, all else to stderr::

    airflow variables set trainyard "$(python -m infra.release)"
"""

import argparse
import json
import sys
from pathlib import Path

from yard import environment, release
from yard.clients import Account

ROOT = Path(__file__).resolve().parents[1]

#: Real jobs take minutes, and the control plane of SageMaker allows few calls a second.
POLL_SECONDS = 15


def variable(outputs: dict[str, str], region: str) -> dict[str, object]:
    """The Airflow Variable ``trainyard`` for a stack.

    :param outputs: of the stack.
    :param region: that it was deployed to.
    :raises KeyError: naming the output that the stack lacks.
    """
    return {**environment.variable(outputs), "region": region, "poll_seconds": POLL_SECONDS}


def main(arguments: list[str]) -> int:
    """Release the code and print the Variable."""
    parser = argparse.ArgumentParser(prog="python -m infra.release", description=__doc__.splitlines()[0])
    parser.add_argument("--stack", default="trainyard", help="name of the stack (default: %(default)s)")
    stack = parser.parse_args(arguments).stack
    aws = Account()
    cloudformation = aws.client("cloudformation")
    (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}
    released = release.publish(aws, ROOT, outputs["BucketName"])
    sys.stderr.write(f"{'Was there already' if released.known else 'Released'}: {released.prefix}\n")
    sys.stdout.write(json.dumps(variable(outputs, cloudformation.meta.region_name), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
