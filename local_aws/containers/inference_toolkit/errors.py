"""The errors by which a user's code chooses the HTTP status, under the names that AWS's images import them by.

The images hold the package ``sagemaker_inference``; what a script raises of its ``errors`` is answered with the status
it names, any other exception with 500.
"""

import importlib
import sys
from types import ModuleType


class BaseInferenceToolkitError(Exception):
    """An answer other than 200.

    :param status_code: the HTTP status.
    :param message: what the client reads.
    :param phrase: HTTP's reason phrase.
    """

    def __init__(self, status_code: int, message: str, phrase: str) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.message = message
        self.phrase = phrase


class GenericInferenceToolkitError(BaseInferenceToolkitError):
    """Any status, with a message or without."""

    def __init__(self, status_code: int, message: str | None = None, phrase: str | None = None) -> None:
        told = message or "Invalid Request"
        super().__init__(status_code, told, phrase or told)


def offer() -> type[Exception]:
    """Make ``from sagemaker_inference.errors import ...`` work; return the base class that scripts then raise.

    Where the package itself is installed, it is left as it is.
    """
    try:
        errors = importlib.import_module("sagemaker_inference.errors")
    except ImportError:
        package, errors = ModuleType("sagemaker_inference"), ModuleType("sagemaker_inference.errors")
        for error in (BaseInferenceToolkitError, GenericInferenceToolkitError):
            setattr(errors, error.__name__, error)
        sys.modules |= {package.__name__: package, errors.__name__: errors}
    base: type[Exception] = errors.BaseInferenceToolkitError
    return base
