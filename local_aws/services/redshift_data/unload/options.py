"""UNLOAD's own grammar and the rules of what excludes what."""

from dataclasses import dataclass, field
from typing import Any

from local_aws.services.redshift_data.errors import RedshiftError, Unsupported
from local_aws.services.redshift_data.sql.options import (
    AUTHORIZATION,
    Reader,
    Words,
    check_authorization,
    flag,
    read_options,
    string,
)
from local_aws.services.redshift_data.sql.statements import Source

_MB = 1 << 20
LARGEST_FILE = int(6.2 * 1024 * _MB)
_TEXT_ONLY = ("delimiter", "fixed_width", "add_quotes", "escape", "null_as", "header")


@dataclass(frozen=True)
class UnloadOptions:
    """One UNLOAD, read and checked. Sizes are in bytes."""

    query: str
    target: str
    format: str = "TEXT"
    partition_by: list[str] = field(default_factory=list)
    include: bool = False
    manifest: bool = False
    verbose: bool = False
    header: bool = False
    delimiter: str | None = None
    fixed_width: str | None = None
    encrypted: bool = False
    auto: bool = False
    kms_key_id: str | None = None
    compression: str | None = None
    add_quotes: bool = False
    null_as: str | None = None
    escape: bool = False
    allow_overwrite: bool = False
    clean_path: bool = False
    parallel: bool = True
    max_file_size: int = LARGEST_FILE
    row_group_size: int = 32 * _MB
    region: str | None = None
    extension: str | None = None
    iam_role: str | None = None
    credentials: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = None
    session_token: str | None = None

    @property
    def prefix(self) -> str:
        """What all keys begin with. PARTITION BY adds a slash "if needed"."""
        return self.target + "/" if self.partition_by and not self.target.endswith("/") else self.target

    @property
    def separator(self) -> str:
        """What stands between the fields of a text file."""
        return self.delimiter or ("," if self.format == "CSV" else "|")


def _partition(words: Words) -> dict[str, Any]:
    words.take("BY")
    return {"partition_by": words.names(), "include": words.take("INCLUDE")}


#: Every option of UNLOAD; the documentation page lists these words.
OPTIONS: dict[str, Reader] = {
    **AUTHORIZATION,
    "CSV": flag("format", "CSV"),
    "PARQUET": flag("format", "PARQUET"),
    "JSON": flag("format", "JSON"),
    "PARTITION BY": _partition,
    "PARTITION": _partition,
    "MANIFEST": lambda words: {"manifest": True, "verbose": words.take("VERBOSE")},
    "HEADER": flag("header"),
    "DELIMITER": string("delimiter"),
    "FIXEDWIDTH": string("fixed_width"),
    "ENCRYPTED": lambda words: {"encrypted": True, "auto": words.take("AUTO")},
    "KMS_KEY_ID": string("kms_key_id"),
    "MASTER_SYMMETRIC_KEY": string("symmetric_key"),
    "BZIP2": flag("compression", "bz2"),
    "GZIP": flag("compression", "gz"),
    "ZSTD": flag("compression", "zst"),
    "ADDQUOTES": flag("add_quotes"),
    "NULL": string("null_as"),
    "ESCAPE": flag("escape"),
    "ALLOWOVERWRITE": flag("allow_overwrite"),
    "CLEANPATH": flag("clean_path"),
    "PARALLEL": lambda words: {"parallel": words.switch()},
    "MAXFILESIZE": lambda words: {"max_file_size": words.size()},
    "ROWGROUPSIZE": lambda words: {"row_group_size": words.size()},
    "EXTENSION": string("extension"),
}


def read_unload(source: Source) -> UnloadOptions:
    """An UNLOAD statement.

    :raises RedshiftError: for a syntax error, or options that exclude one another.
    """
    words = Words(source)
    words.expect("UNLOAD", "(")
    query = words.string()
    words.expect(")", "TO")
    target = words.string()
    found = read_options(words, OPTIONS)
    if found.pop("symmetric_key", None):
        raise Unsupported("client-side encryption (MASTER_SYMMETRIC_KEY)", "use KMS_KEY_ID")
    options = UnloadOptions(query, target, **found)
    _check(options)
    return options


def _check(options: UnloadOptions) -> None:
    check_authorization(vars(options), "UNLOAD")
    if not options.target.startswith("s3://") or "/" not in options.target[5:]:
        raise RedshiftError(f'UNLOAD destination "{options.target}" is not an Amazon S3 path: s3://bucket/prefix')
    if options.allow_overwrite and options.clean_path:
        raise RedshiftError("CLEANPATH cannot be specified with ALLOWOVERWRITE")
    _check_format(options)
    _check_encryption(options)
    if not 5 * _MB <= options.max_file_size <= LARGEST_FILE:
        raise RedshiftError("MAXFILESIZE must be between 5 MB and 6.2 GB")
    if options.partition_by and options.fixed_width:
        raise RedshiftError("PARTITION BY cannot be specified with FIXEDWIDTH")


#: What excludes what: a format, and the options that it cannot be specified with.
_EXCLUDED = {
    "PARQUET": (*_TEXT_ONLY, "compression"),
    "JSON": _TEXT_ONLY,
    "CSV": ("fixed_width", "add_quotes", "escape"),
    "FIXEDWIDTH": ("delimiter", "header", "add_quotes", "escape"),
}


def _check_format(options: UnloadOptions) -> None:
    for what in (options.format, "FIXEDWIDTH" if options.fixed_width is not None else "TEXT"):
        for name in _EXCLUDED.get(what, ()):
            if getattr(options, name) not in (None, False):
                raise RedshiftError(f"{what} cannot be specified with {_word(name)}")
    if options.delimiter is not None and (len(options.delimiter) != 1 or not options.delimiter.isascii()):
        raise RedshiftError("DELIMITER must be a single ASCII character")
    sizes = 32 * _MB <= options.row_group_size <= 128 * _MB
    if not sizes or (options.row_group_size != 32 * _MB and options.format != "PARQUET"):
        raise RedshiftError("ROWGROUPSIZE must be between 32 MB and 128 MB, and the format PARQUET")


def _check_encryption(options: UnloadOptions) -> None:
    if options.kms_key_id and not options.encrypted:
        raise RedshiftError("KMS_KEY_ID can be specified with ENCRYPTED only")
    if options.kms_key_id and options.credentials:
        raise RedshiftError("KMS_KEY_ID cannot be specified with CREDENTIALS")
    if options.kms_key_id and options.auto:
        raise RedshiftError("KMS_KEY_ID cannot be specified with ENCRYPTED AUTO")
    if options.encrypted and not options.kms_key_id and not options.auto:
        raise RedshiftError("ENCRYPTED needs KMS_KEY_ID, MASTER_SYMMETRIC_KEY or AUTO")


def _word(name: str) -> str:
    words = {"fixed_width": "FIXEDWIDTH", "add_quotes": "ADDQUOTES", "null_as": "NULL AS"}
    return {**words, "compression": "GZIP, BZIP2 or ZSTD"}.get(name, name.upper())
