"""The template as its tests read it: YAML with CloudFormation's own tags kept as plain mappings."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

PATH = Path(__file__).parents[2] / "infra" / "trainyard.yaml"

Statement = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """Reads ``!Ref x`` as ``{"Ref": "x"}`` and ``!Sub``, ``!GetAtt``... alike."""


def _tagged(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {tag: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {tag: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {tag: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _tagged)


@cache
def template() -> dict[str, Any]:
    """The whole template."""
    loaded: dict[str, Any] = yaml.load(PATH.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    return loaded


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Properties of the resources of one kind, such as ``AWS::IAM::Role``, by logical name."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template()["Resources"].items()
        if resource["Type"] == kind
    }


def statements_of(role: str) -> list[Statement]:
    """All that a role may do: its own policies and the managed ones that name it."""
    own = [policy["PolicyDocument"] for policy in resources("AWS::IAM::Role")[role].get("Policies", [])]
    shared = [
        policy["PolicyDocument"]
        for policy in resources("AWS::IAM::ManagedPolicy").values()
        if {"Ref": role} in policy.get("Roles", [])
    ]
    return [statement for document in own + shared for statement in document["Statement"]]


def all_statements() -> Iterator[tuple[str, Statement]]:
    """Every identity policy's statements, with the logical name of the resource that holds them."""
    for name, policy in resources("AWS::IAM::ManagedPolicy").items():
        yield from ((name, statement) for statement in policy["PolicyDocument"]["Statement"])
    for name, role in resources("AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            yield from ((name, statement) for statement in policy["PolicyDocument"]["Statement"])


def listed(value: Any) -> list[Any]:
    """IAM lets one thing stand without a list."""
    return value if isinstance(value, list) else [value]


def text(value: Any) -> str:
    """A resource as one string to compare: ``{"Sub": "${Bucket.Arn}/code/*"}`` is ``${Bucket.Arn}/code/*``."""
    if isinstance(value, dict):
        return text(next(iter(value.values())))
    return " ".join(text(part) for part in value) if isinstance(value, list) else str(value)


#: The longest that stand for parameters of CloudFormation: a partition, a region, a bucket's name.
_LONGEST = {
    "${AWS::Partition}": "aws-us-gov",
    "${AWS::Region}": "ap-southeast-99",
    "${AWS::AccountId}": "123456789012",
    "${Bucket.Arn}": "arn:aws-us-gov:s3:::" + "b" * 63,
}


def resolved(value: Any) -> Any:
    """A policy document as it could stand in an account, at its longest."""
    if isinstance(value, list):
        return [resolved(item) for item in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"Sub": str(found)}:
            for name, longest in _LONGEST.items():
                found = found.replace(name, longest)
            return found
        case {"GetAtt": _}:
            return "arn:aws-us-gov:iam::123456789012:role/" + "r" * 64
        case {"If": [_, _, otherwise]}:
            return resolved(otherwise)
    return {key: resolved(item) for key, item in value.items()}
