"""The stack's template: valid, encrypted, and no right wider than its step needs."""

import json
import re
from fnmatch import fnmatchcase
from itertools import combinations

import pytest
from cfnlint.api import lint_file
from cfnlint.config import ManualArgs

from tests.infra.template import PATH, all_statements, listed, resolved, resources, statements_of, template, text

STEP_ROLES = ["RedshiftRole", "EmrEc2Role", "SageMakerTrainingRole", "SageMakerProcessingRole", "SageMakerHostingRole"]
SPARK_ROLES = ["EmrEc2Role", "EmrServerlessRole"]  # the same step, on a cluster or without one

#: Actions for which IAM knows no resource, or none that is known before the call.
#: https://docs.aws.amazon.com/service-authorization/latest/reference/
WITHOUT_RESOURCE = {
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "elasticmapreduce:AddTags",  # with RunJobFlow, before the cluster has a name
    "elasticmapreduce:ListClusters",
    "elasticmapreduce:RunJobFlow",
    "redshift-data:CancelStatement",
    "redshift-data:DescribeStatement",
    "redshift-data:GetStatementResult",
    "redshift-data:ListStatements",
    "sagemaker:ListEndpointConfigs",
    "sagemaker:ListEndpoints",
    "sagemaker:ListHyperParameterTuningJobs",
    "sagemaker:ListPipelines",
    "sagemaker:ListProcessingJobs",
    "sagemaker:ListTrainingJobs",
    "sagemaker:ListTransformJobs",
}


#: What each role must be able to read: the steps whose places hold what its own step is given.
READS = {
    "EmrEc2Role": ["unload", "find_features"],
    "EmrServerlessRole": ["unload", "find_features"],
    "SageMakerTrainingRole": ["build_examples", "train", "choose_hyperparameters"],
    "SageMakerProcessingRole": ["build_examples", *(MODELS := ["train", "choose_hyperparameters", "run_pipeline",
                                                              "run_state_machine"])],
    "SageMakerHostingRole": ["build_examples", *MODELS],
}  # fmt: skip


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "ap-southeast-2", "cn-north-1", "us-gov-west-1"])
def test_cfn_lint_finds_nothing_in_any_kind_of_region(region: str) -> None:
    found = lint_file(PATH, config=ManualArgs(regions=[region]))
    assert [f"{match.linenumber}: {match.rule.id} {match.message}" for match in found] == []


def test_a_policy_names_actions_one_by_one() -> None:
    actions = [(name, action) for name, statement in all_statements() for action in listed(statement["Action"])]
    assert [(name, action) for name, action in actions if "*" in action] == []


def test_only_actions_that_take_no_resource_are_given_on_everything() -> None:
    on_everything = {
        action
        for _, statement in all_statements()
        if "*" in listed(statement["Resource"])
        for action in listed(statement["Action"])
    }
    assert on_everything <= WITHOUT_RESOURCE


def test_what_is_given_on_everything_and_changes_something_is_limited_by_a_condition() -> None:
    unlimited = {
        action
        for _, statement in all_statements()
        if "*" in listed(statement["Resource"]) and "Condition" not in statement
        for action in listed(statement["Action"])
    }
    assert {action for action in unlimited if action.split(":")[1][:3] not in {"Des", "Get", "Lis"}} == set()


@pytest.mark.parametrize(("role", "step"), [(role, step) for role, steps in READS.items() for step in steps])
def test_a_role_reads_what_the_steps_before_its_own_leave(role: str, step: str) -> None:
    key = f"${{Bucket.Arn}}/recommender/2026-02-02/{step}/0123456789-1/part-0.parquet"
    readable = [
        text(resource)
        for statement in statements_of(role)
        if "s3:GetObject" in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    ]
    assert [pattern for pattern in readable if fnmatchcase(key, pattern)], readable


def test_a_role_is_passed_to_one_named_service_only() -> None:
    passes = [statement for _, statement in all_statements() if "iam:PassRole" in listed(statement["Action"])]
    assert passes
    for statement in passes:
        assert listed(statement["Action"]) == ["iam:PassRole"]
        condition = next(iter(statement["Condition"].values()))
        assert set(condition) == {"iam:PassedToService"}
        assert all(".Arn" in text(resource) for resource in listed(statement["Resource"]))


def test_every_step_role_reaches_the_bucket_and_no_other() -> None:
    for role in {*STEP_ROLES, *SPARK_ROLES}:
        reached = [
            text(resource)
            for statement in statements_of(role)
            if any(action.startswith("s3:") for action in listed(statement["Action"]))
            for resource in listed(statement["Resource"])
        ]
        assert reached
        assert all(resource.startswith(("${Bucket.Arn}/", "Bucket.Arn")) for resource in reached), role


def test_no_two_kinds_of_step_write_to_the_same_place() -> None:
    written = {
        role: {
            text(resource)
            for statement in statements_of(role)
            if "s3:PutObject" in listed(statement["Action"])
            for resource in listed(statement["Resource"])
        }
        for role in STEP_ROLES
    }
    assert all(written.values())
    for one, other in combinations(STEP_ROLES, 2):
        assert written[one].isdisjoint(written[other]), (one, other)


def test_a_spark_job_may_do_the_same_with_and_without_a_cluster_but_its_logs_are_apart() -> None:
    allowed = [
        {
            (action, text(resource))
            for statement in statements_of(role)
            for action in listed(statement["Action"])
            for resource in listed(statement["Resource"])
        }
        for role in SPARK_ROLES
    ]
    assert {resource for _, resource in allowed[0] ^ allowed[1]} == {
        "${Bucket.Arn}/logs/emr/*",
        "${Bucket.Arn}/logs/emr-serverless/*",
    }


def test_places_in_the_policies_are_those_of_steps() -> None:
    # A step's place in the bucket is named by its task, and the steps that make tasks are files of these names.
    steps = {path.stem for path in (PATH.parents[1] / "plugins" / "trainyard" / "steps").glob("*.py")}
    places = {
        found[1]
        for _, statement in all_statements()
        for resource in listed(statement["Resource"])
        if (found := re.fullmatch(r"\$\{Bucket.Arn\}/\*/(\w+)\*?/\*", text(resource)))
    }
    assert {"unload", "build_examples", "train", "evaluate", "score"} <= places <= steps


@pytest.mark.parametrize("name", sorted(resources("AWS::IAM::ManagedPolicy")))
def test_a_managed_policy_is_no_longer_than_iam_takes(name: str) -> None:
    document = resolved(resources("AWS::IAM::ManagedPolicy")[name]["PolicyDocument"])
    assert len(json.dumps(document, separators=(",", ":"))) <= 6144


def test_roles_trust_one_service_and_only_for_this_account() -> None:
    for name, role in resources("AWS::IAM::Role").items():
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Action"] == "sts:AssumeRole"
        assert set(statement["Principal"]) == {"Service"}, name
        if name.startswith(("SageMaker", "EmrServ")):  # the services that say on whose behalf they come
            assert "aws:SourceAccount" in statement["Condition"]["StringEquals"], name


def test_the_bucket_is_private_encrypted_and_versioned() -> None:
    (bucket,) = resources("AWS::S3::Bucket").values()
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["BucketKeyEnabled"] is True
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"GetAtt": "Key.Arn"}}


def test_the_bucket_policy_refuses_plain_connections_and_other_keys() -> None:
    (policy,) = resources("AWS::S3::BucketPolicy").values()
    refused = {statement["Sid"]: statement for statement in policy["PolicyDocument"]["Statement"]}
    assert {statement["Effect"] for statement in refused.values()} == {"Deny"}
    assert refused["TlsOnly"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    # Without "Null" a put that names no encryption, and so gets the bucket's key, would be refused as well.
    assert all("Null" in refused[sid]["Condition"] for sid in ("NoOtherEncryption", "NoOtherKey"))


def test_what_holds_data_outlives_the_stack() -> None:
    kept = {
        resource["Type"]
        for resource in template()["Resources"].values()
        if resource.get("DeletionPolicy") == resource.get("UpdateReplacePolicy") == "Retain"
    }
    assert {"AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::RedshiftServerless::Namespace"} == kept


def test_the_key_is_rotated() -> None:
    (key,) = resources("AWS::KMS::Key").values()
    assert key["EnableKeyRotation"] is True


def test_no_name_is_fixed_that_another_stack_could_need() -> None:
    for kind, name in {
        "AWS::IAM::Role": "RoleName",
        "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
        "AWS::IAM::InstanceProfile": "InstanceProfileName",
    }.items():
        assert all(name not in properties for properties in resources(kind).values()), kind
    assert template()["Parameters"]["BucketName"]["Default"] == ""


def test_every_output_says_what_it_is_for() -> None:
    assert all(output.get("Description") for output in template()["Outputs"].values())
