"""The manifest of an UNLOAD, as COPY and Redshift Spectrum read it."""

import json
from typing import Any

from local_aws.services.redshift_data.sql.types import RedshiftType
from local_aws.services.redshift_data.unload.files import UnloadedFile
from local_aws.services.redshift_data.unload.options import UnloadOptions
from local_aws.services.redshift_data.unload.text import Field


def manifest(files: list[UnloadedFile], fields: list[Field], options: UnloadOptions) -> bytes:
    """The manifest's JSON. Parquet's entries always say their length, which COPY of Parquet needs.

    The row counts include header lines, as Redshift's do.
    """
    entries: list[dict[str, Any]] = []
    for file in files:
        entry: dict[str, Any] = {"url": options.prefix + file.key_suffix(options)}
        if options.verbose:
            entry["meta"] = {"content_length": file.size, "record_count": file.rows}
        elif options.format == "PARQUET":
            entry["meta"] = {"content_length": file.size}
        entries.append(entry)
    document: dict[str, Any] = {"entries": entries}
    if options.verbose:
        elements = [{"name": name, "type": _type(kind)} for name, kind in fields]
        document["schema"] = {"elements": elements}
        total = {"content_length": sum(f.size for f in files), "record_count": sum(f.rows for f in files)}
        document["meta"] = total
        document["author"] = {"name": "Amazon Redshift", "version": "1.0.0"}
    return json.dumps(document, indent=2).encode()


def _type(kind: RedshiftType) -> dict[str, Any]:
    """The documentation shows widths without a key; they are ``max_length``, ``precision`` and ``scale`` here."""
    if kind.is_text:
        return {"base": kind.base, "max_length": kind.length}
    if kind.name == "numeric":
        return {"base": kind.base, "precision": kind.precision, "scale": kind.scale}
    return {"base": kind.base}
