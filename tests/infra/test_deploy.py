"""The same template on local_aws: deployed, deployed again, changed, and still there after a restart."""

import json
from pathlib import Path

import pytest

from tests.infra.stack import BESIDE, BODY, STACK, deploy, local_aws_process, outputs, policies_of
from tests.infra.template import resources, template
from tests.support import client


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
