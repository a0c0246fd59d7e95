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
    assert '"redshift-data:statement-owner-iam-userid": "*"' in document
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
        dropped(url, before, "landing/taken")
        assert taken(url, before) == ["landing/taken"]
        dropped(url, before, "landing/waiting")
    with local_aws_process(local_aws_folder) as url:
        assert outputs(url) == before
        client(url, "s3").head_bucket(Bucket=before["BucketName"])
        assert taken(url, before) == ["landing/waiting"]  # whose message nobody had taken


def dropped(url: str, stack: dict[str, str], key: str) -> None:
    client(url, "s3").put_object(Bucket=stack["BucketName"], Key=key, Body=b"1")


def taken(url: str, stack: dict[str, str]) -> list[str]:
    """The keys of the next events that arrive, which are taken off the queue."""
    sqs, queue = client(url, "sqs"), stack["LandingQueueUrl"]
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=10)["Messages"]
    for message in messages:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"])["detail"]["object"]["key"] for message in messages]


def test_what_is_dropped_below_landing_arrives_in_the_queue_and_nothing_else_does(
    url: str, named: dict[str, str]
) -> None:
    for key in ("recommender/2026-02-02/landing/x", "landing/shop.interactions/2026-02-02.parquet"):
        dropped(url, named, key)
    assert taken(url, named) == ["landing/shop.interactions/2026-02-02.parquet"]


def test_a_stack_of_before_there_were_events_gets_them(url: str) -> None:
    start, end = BODY.index("      NotificationConfiguration:"), BODY.index("      LifecycleConfiguration:")
    former = (BODY[:start] + BODY[end:]).replace("Sid: EventsOfTheBucket", "Sid: AnotherPolicyOfTheKey")
    before = deploy(url, "quiet", former, **BESIDE)
    told = deploy(url, "quiet", **BESIDE)
    assert told == before  # the key, too, whose policy is another one now
    policy = client(url, "kms").get_key_policy(KeyId=told["KmsKeyArn"], PolicyName="default")["Policy"]
    assert "EventsOfTheBucket" in policy
    dropped(url, told, "landing/a")
    assert taken(url, told) == ["landing/a"]


def test_a_message_that_cannot_be_taken_for_days_is_a_dead_letter(url: str, named: dict[str, str]) -> None:
    attributes = client(url, "sqs").get_queue_attributes(QueueUrl=named["LandingQueueUrl"], AttributeNames=["All"])
    policy = json.loads(attributes["Attributes"]["RedrivePolicy"])
    assert int(policy["maxReceiveCount"]) == 1000
    assert policy["deadLetterTargetArn"].rpartition(":")[2] == named["LandingDeadLettersUrl"].rpartition("/")[2]
    assert attributes["Attributes"]["KmsMasterKeyId"] == named["KmsKeyArn"]
