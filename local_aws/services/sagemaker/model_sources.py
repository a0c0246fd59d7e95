"""Where a container definition says its model lies, the same for models and packages."""

from typing import Any

from local_aws.errors import AwsError
from local_aws.keys import split_uri
from local_aws.objects import ObjectStore


def model_data_uri(container: dict[str, Any]) -> str | None:
    """An archive, or a prefix that ends in ``/`` for files as they are; None if the container brings no data.

    :raises AwsError: 501 for a kind of source that is not served.
    """
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source is None:
        uri = container.get("ModelDataUrl")
        if uri and not uri.startswith("s3://"):
            raise AwsError("NotImplemented", f"local_aws serves model data from s3:// addresses, not {uri}", 501)
        return uri or None
    kind = (source["S3DataType"], source["CompressionType"])
    if kind == ("S3Prefix", "None"):
        return f"{source['S3Uri'].rstrip('/')}/"
    if kind == ("S3Object", "Gzip"):
        return str(source["S3Uri"])
    raise AwsError("NotImplemented", f"local_aws does not serve ModelDataSource with {'/'.join(kind)}", 501)


def require_model_data(objects: ObjectStore, uri: str) -> None:
    """Refuse as AWS does when there is nothing at ``uri``.

    :raises AwsError: ``ValidationException``.
    """
    bucket, _ = split_uri(uri)
    if bucket in objects.buckets() and (objects.exists(uri) or (uri.endswith("/") and any(objects.list(uri)))):
        return
    raise AwsError("ValidationException", f"Could not find model data at {uri}.")
