"""The UNLOAD statement: the author's SELECT, unchanged, between what Trainyard adds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trainyard.errors import InputError
from trainyard.owners import sign

if TYPE_CHECKING:
    from trainyard.job import Job

STATEMENT_BYTES = 100_000  # the Data API's limit for one statement


def literal(text: str) -> str:
    """Return a text as a Redshift literal that means exactly that text.

    Between ``$$`` nothing has a second meaning, so that is preferred. A text that holds ``$$`` itself, or ends in
    ``$``, is put between single quotes, with the two characters doubled that mean something there: the quote and the
    backslash.
    """
    if "$$" not in text and not text.endswith("$"):
        return f"$${text}$$"
    return quoted(text)


def quoted(text: str) -> str:
    """Return a text between single quotes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


#: What each format adds. CSV is what SageMaker's algorithms read: no header, nothing for null, in one file (the service
#: goes on in a second one after 6.2 GB).
_OPTIONS = {
    "parquet": ("FORMAT PARQUET",),
    "csv": ("FORMAT CSV", "DELIMITER ','", "NULL AS ''", "EXTENSION 'csv'", "PARALLEL OFF"),
}


def statement(
    select: str, *, to: str, role: str, kms_key_id: str, file_format: str = "parquet", comment: str = ""
) -> str:
    """Return the UNLOAD of a SELECT.

    Args:
        select: the author's statement. A semicolon that ends it is left out, for a statement inside a literal has none.
        to: the URI prefix of the files, with the ``/`` at its end.
        role: the ARN of the role that writes them. Roles, not keys: the statement is logged and may be read.
        kms_key_id: the id of the key that encrypts them.
        file_format: ``parquet`` or ``csv``.
        comment: said before the statement, for those who read the warehouse's logs.

    Raises:
        InputError: when the statement is empty or too long for the Data API.
    """
    body = select.strip()
    while body.endswith(";"):
        body = body[:-1].rstrip()
    if not body:
        raise InputError("The SQL file is empty.")
    text = "\n".join(
        (
            *([f"/* {comment} */"] if comment else []),
            f"UNLOAD ({literal(body)})",
            f"TO {quoted(to)}",
            f"IAM_ROLE {quoted(role)}",
            *_OPTIONS[file_format],
            "MANIFEST VERBOSE",
            f"KMS_KEY_ID {quoted(kms_key_id)} ENCRYPTED",
        )
    )
    if len(text.encode()) > STATEMENT_BYTES:
        raise InputError(f"The statement has {len(text.encode())} bytes; the Data API takes {STATEMENT_BYTES}.")
    return text


def unload(job: Job, select: str) -> dict[str, Any]:
    """Return the ExecuteStatement that unloads a SELECT into the job's place.

    A statement has no tags: a comment before it tells the warehouse's own logs, and a sweep, whose it is.
    """
    settings = job.settings
    sql = statement(
        select,
        to=job.place.folder("data"),
        role=settings.roles.redshift,
        kms_key_id=settings.kms_key_id,
        file_format=job.spec.source.format,
        comment=sign(job.tags),
    )
    return settings.warehouse.target() | {"Sql": sql}
