"""What a CloudFormation stack declares of the services that execute, and moto's CloudFormation does not know.

moto finds the classes below by their base class when this module is imported. A stack is replayed at each start (see
``journal``), with the same resource names; so identifiers are made from the name, and stay.
"""

import hashlib
from typing import Any

from moto.core.common_models import CloudFormationModel

_DIGITS = "0123456789abcdefghijklmnopqrstuv"
_applications: dict[str, dict[str, Any]] = {}


class DeclaredApplication(CloudFormationModel):
    """``AWS::EMRServerless::Application``."""

    def __init__(self, application_id: str, arn: str) -> None:
        self.physical_resource_id = application_id
        self.arn = arn

    @staticmethod
    def cloudformation_name_type() -> str:
        """The name is no identifier."""
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        """The type in templates."""
        return "AWS::EMRServerless::Application"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """What Fn::GetAtt may ask for."""
        return attr in ("ApplicationId", "Arn")

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """What Fn::GetAtt gives."""
        return str({"ApplicationId": self.physical_resource_id, "Arn": self.arn}[attribute_name])

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **_: Any
    ) -> "DeclaredApplication":
        """Remember what is declared; the service makes the application when it is first asked for any."""
        digest = hashlib.sha256(f"{account_id}/{region_name}/{resource_name}".encode()).digest()
        application_id = "00" + "".join(_DIGITS[byte % len(_DIGITS)] for byte in digest[:14])
        _applications[application_id] = _request(cloudformation_json["Properties"])
        arn = f"arn:aws:emr-serverless:{region_name}:{account_id}:/applications/{application_id}"
        return cls(application_id, arn)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Any,
        new_resource_name: str,  # noqa: ARG003 - the signature is moto's
        cloudformation_json: dict[str, Any],  # noqa: ARG003
        account_id: str,  # noqa: ARG003
        region_name: str,  # noqa: ARG003
    ) -> Any:
        """The application stays as it was made; UpdateApplication changes it."""
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str
    ) -> None:
        """The application stays; DeleteApplication ends it."""

    def is_created(self) -> bool:
        """It is."""
        return True


def declared_applications() -> dict[str, dict[str, Any]]:
    """What CreateApplication would have been asked, by the id of the application."""
    return dict(_applications)


def _request(properties: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation's properties as the API names them."""
    asked: dict[str, Any] = _lower(properties)
    if "tags" in asked:
        asked["tags"] = {tag["key"]: tag["value"] for tag in asked["tags"]}
    if "initialCapacity" in asked:
        asked["initialCapacity"] = {item["key"]: item["value"] for item in asked["initialCapacity"]}
    return asked


def _lower(value: Any, name: str = "") -> Any:
    """Keys begin with a small letter in the API, except those that the user chose."""
    if isinstance(value, dict):
        if name == "Properties":
            return value
        return {key[:1].lower() + key[1:]: _lower(item, key) for key, item in value.items()}
    return [_lower(item) for item in value] if isinstance(value, list) else value
