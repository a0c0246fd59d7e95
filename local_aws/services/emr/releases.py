"""The releases of EMR that may be asked for, and the Spark in each (AWS's release guide; 6.x and older are retired)."""

from local_aws.services.emr.errors import validation

_SPARK = {
    "emr-7.0.0": "3.5.0-amzn-0",
    "emr-7.1.0": "3.5.0-amzn-1",
    "emr-7.2.0": "3.5.1-amzn-0",
    "emr-7.3.0": "3.5.1-amzn-1",
    "emr-7.4.0": "3.5.2-amzn-0",
    "emr-7.5.0": "3.5.2-amzn-1",
    "emr-7.6.0": "3.5.3-amzn-0",
    "emr-7.7.0": "3.5.3-amzn-1",
    "emr-7.8.0": "3.5.4-amzn-0",
    "emr-7.9.0": "3.5.5-amzn-0",
    "emr-7.10.0": "3.5.5-amzn-1",
    "emr-7.11.0": "3.5.6-amzn-0",
    "emr-7.12.0": "3.5.6-amzn-1",
    "emr-7.13.0": "3.5.6-amzn-2",
    "emr-spark-8.0.0": "4.0.2-amzn-0",
    "emr-spark-8.1.0": "4.1.1-amzn-0",
}


def labels() -> list[str]:
    """All release labels, newest first, as ListReleaseLabels orders them."""
    return list(reversed(_SPARK))


def spark_of(label: str) -> str:
    """The version of Spark in a release.

    :raises AwsError: ``ValidationException`` for a label that is none.
    """
    if label not in _SPARK:
        raise validation(f"The supplied release label is invalid: {label}.")
    return _SPARK[label]
