"""The same template on local_aws: deployed, deployed again, changed, and still there after a restart."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.infra.template import PATH, resources, template
from tests.support import client

#: The name that ``make up`` gives the stack.
STACK = "trainyard"
#: For further stacks beside it: the names of log groups are SageMaker's, so one stack has them.
BESIDE = {"JobLogGroups": "existing"}
BODY = PATH.read_text(encoding="utf-8")


def deploy(url: str, stack: str = STACK, body: str = BODY, **parameters: str) -> dict[str, str]:
    """Create the stack, or update it where it is there; its outputs by name."""
    cloudformation = client(url, "cloudformation")
    there = {summary["StackName"] for summary in cloudformation.list_stacks()["StackSummaries"]}
    act = cloudformation.update_stack if stack in there else cloudformation.create_stack
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    act(StackName=stack, TemplateBody=body, Capabilities=["CAPABILITY_IAM"], Parameters=given)
    return outputs(url, stack)


def outputs(url: str, stack: str = STACK) -> dict[str, str]:
    """The outputs of a deployed stack, which must be complete."""
    (found,) = client(url, "cloudformation").describe_stacks(StackName=stack)["Stacks"]
    assert found["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}, found
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def policies_of(url: str, stack: str, logical: str) -> tuple[list[str], set[str]]:
    """The inline policies of a role, and the logical names of those attached to it."""
    iam = client(url, "iam")
    (name,) = [
        role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].startswith(f"{stack}-{logical}-")
    ]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    return iam.list_role_policies(RoleName=name)["PolicyNames"], {
        policy["PolicyName"].split("-")[1] for policy in attached
    }


@contextmanager
def local_aws_process(folder: Path) -> Iterator[str]:
    """A local_aws in a process of its own, since what moto keeps is one per process; gives its endpoint URL."""
    argv = [sys.executable, "-m", "local_aws", "--port", "0", "--state", str(folder)]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, cwd=PATH.parents[1]) as process:
        assert process.stderr is not None
        try:
            lines = iter(process.stderr.readline, "")
            yield next(found[0] for line in lines if (found := re.search(r"http://[\d.]+:\d+", line)))
        finally:
            process.terminate()
            process.stderr.read()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a local_aws that the tests of this file share."""
    with local_aws_process(tmp_path_factory.mktemp("local_aws")) as endpoint_url:
        yield endpoint_url


@pytest.fixture(scope="module")
def named(url: str) -> dict[str, str]:
    """The outputs of the stack, deployed as it is."""
    return deploy(url)


def test_the_outputs_name_what_exists(url: str, named: dict[str, str]) -> None:
    assert set(named) == set(template()["Outputs"])
    client(url, "s3").head_bucket(Bucket=named["BucketName"])
    assert client(url, "kms").describe_key(KeyId=named["KmsKeyArn"])["KeyMetadata"]["Enabled"]
    iam = client(url, "iam")
    arns = {role["Arn"] for role in iam.list_roles()["Roles"]}
    assert {value for name, value in named.items() if name.endswith("RoleArn")} <= arns
    (role,) = iam.get_instance_profile(InstanceProfileName=named["EmrInstanceProfile"])["InstanceProfile"]["Roles"]
    assert "EmrEc2Role" in role["RoleName"]
    iam.get_policy(PolicyArn=named["AirflowPolicyArn"])


def test_objects_are_encrypted_with_the_stacks_key_without_asking(url: str, named: dict[str, str]) -> None:
    s3 = client(url, "s3")
    s3.put_object(Bucket=named["BucketName"], Key="a", Body=b"1")
    head = s3.head_object(Bucket=named["BucketName"], Key="a")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", named["KmsKeyArn"])


@pytest.mark.parametrize("logical", sorted(resources("AWS::IAM::Role")))
def test_a_role_carries_its_policies(url: str, named: dict[str, str], logical: str) -> None:
    inline, attached = policies_of(url, STACK, logical)
    assert inline == [policy["PolicyName"] for policy in resources("AWS::IAM::Role")[logical]["Policies"]]
    naming = {
        name
        for name, policy in resources("AWS::IAM::ManagedPolicy").items()
        if {"Ref": logical} in policy.get("Roles", [])
    }
    assert attached == naming - {"ContainerNetwork"}  # which goes with subnets


def test_with_subnets_containers_may_stand_in_them(url: str, named: dict[str, str]) -> None:
    deploy(url, "networked", SubnetIds="subnet-1,subnet-2", SecurityGroupIds="sg-1", **BESIDE)
    assert "ContainerNetwork" in policies_of(url, "networked", "SageMakerTrainingRole")[1]


def test_a_policy_arrives_with_its_references_resolved(url: str, named: dict[str, str]) -> None:
    version = client(url, "iam").get_policy_version(PolicyArn=named["AirflowPolicyArn"], VersionId="v1")
    document = json.dumps(version["PolicyVersion"]["Document"])
    assert "${aws:userid}" in document  # IAM's own variable, not CloudFormation's
    assert "AWS::" not in document
    assert named["SageMakerTrainingRoleArn"] in document


def test_deploying_twice_changes_nothing(url: str, named: dict[str, str]) -> None:
    assert deploy(url) == named


def test_a_changed_template_keeps_the_bucket_and_the_key(url: str) -> None:
    first = deploy(url, "changing", **BESIDE)
    changed = BODY.replace("${Bucket.Arn}/*/evaluate/*", "${Bucket.Arn}/*/judge/*")
    assert changed != BODY
    assert deploy(url, "changing", changed, **BESIDE) == first


def test_the_bucket_takes_the_name_it_is_given(url: str) -> None:
    assert deploy(url, "named", BucketName="a-shop-of-ours", **BESIDE)["BucketName"] == "a-shop-of-ours"


def test_an_account_that_has_the_log_groups_keeps_its_own(url: str, named: dict[str, str]) -> None:
    groups = client(url, "logs").describe_log_groups()
    deploy(url, "second", **BESIDE)
    assert len(groups["logGroups"]) == 3
    assert client(url, "logs").describe_log_groups()["logGroups"] == groups["logGroups"]


def test_the_stack_survives_a_restart(local_aws_folder: Path) -> None:
    with local_aws_process(local_aws_folder) as url:
        before = deploy(url)
    with local_aws_process(local_aws_folder) as url:
        assert outputs(url) == before
        client(url, "s3").head_bucket(Bucket=before["BucketName"])
