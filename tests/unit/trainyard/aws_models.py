"""What AWS's own service models say, as botocore carries them: the judge of our requests."""

from typing import Any

import botocore.session
from botocore.validate import ParamValidator

from local_aws.validation import violations

_SESSION = botocore.session.get_session()


def service(name: str) -> Any:
    """The model of a service."""
    return _SESSION.get_service_model(name)


def problems(name: str, operation: str, params: dict[str, Any]) -> list[str]:
    """Everything in the parameters of a call that the service would refuse: types, names, bounds, patterns, enums."""
    shape = service(name).operation_model(operation).input_shape
    report = ParamValidator().validate(params, shape).generate_report()
    return [line for line in report.splitlines() if line] + list(violations(shape, params, ""))
