"""What a stack declares of services that execute."""

import json
from pathlib import Path

from tests.infra.stack import local_aws_process
from tests.support import client

_TEMPLATE = {
    "Resources": {
        "Spark": {
            "Type": "AWS::EMRServerless::Application",
            "Properties": {
                "Name": "declared",
                "ReleaseLabel": "emr-spark-8.1.0",
                "Type": "SPARK",
                "MaximumCapacity": {"Cpu": "16 vCPU", "Memory": "64 GB"},
                "AutoStopConfiguration": {"Enabled": True, "IdleTimeoutMinutes": 5},
                "RuntimeConfiguration": [
                    {"Classification": "spark-defaults", "Properties": {"Owner.Of": "us"}},
                ],
                "Tags": [{"Key": "team", "Value": "shop"}],
            },
        },
        "Hive": {
            "Type": "AWS::EMRServerless::Application",
            "Properties": {"Name": "hive", "ReleaseLabel": "emr-7.12.0", "Type": "HIVE"},
        },
    },
    "Outputs": {"Id": {"Value": {"Ref": "Spark"}}, "Arn": {"Value": {"Fn::GetAtt": ["Spark", "Arn"]}}},
}


def _outputs(url: str) -> dict[str, str]:
    (stack,) = client(url, "cloudformation").describe_stacks(StackName="declares")["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def test_an_application_of_a_stack_is_one_that_the_service_knows(local_aws_folder: Path) -> None:
    with local_aws_process(local_aws_folder) as url:
        client(url, "cloudformation").create_stack(StackName="declares", TemplateBody=json.dumps(_TEMPLATE))
        told = _outputs(url)
        serverless = client(url, "emr-serverless")
        application = serverless.get_application(applicationId=told["Id"])["application"]
        assert application["arn"] == told["Arn"]
        assert (application["name"], application["tags"]) == ("declared", {"team": "shop"})
        assert application["maximumCapacity"] == {"cpu": "16 vCPU", "memory": "64 GB"}
        assert application["autoStopConfiguration"] == {"enabled": True, "idleTimeoutMinutes": 5}
        assert application["runtimeConfiguration"][0]["properties"] == {"Owner.Of": "us"}
        listed = {item["id"]: item["name"] for item in serverless.list_applications()["applications"]}
        assert listed[told["Id"]] == "declared"
        assert "hive" not in listed.values()  # which local_aws does not run
    with local_aws_process(local_aws_folder) as url:
        assert _outputs(url) == told
        again = client(url, "emr-serverless").get_application(applicationId=told["Id"])["application"]
        assert again["createdAt"] == application["createdAt"]
