"""COPY's own grammar and the rules of what excludes what."""

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

_COLUMNAR_TAKES = {
    "table", "columns", "uri", "format", "iam_role", "credentials", "access_key_id", "secret_access_key",
    "session_token", "manifest", "statupdate", "compupdate", "fill_record", "accept_invalid", "explicit_ids", "region",
    "serialize_to_json",
}  # fmt: skip


@dataclass(frozen=True)
class CopyOptions:
    """One COPY, read and checked."""

    table: list[str]
    uri: str
    columns: list[str] = field(default_factory=list)
    format: str = "TEXT"
    json_paths: str = "auto"
    delimiter: str | None = None
    quote: str = '"'
    fixed_width: str | None = None
    compression: str | None = None
    manifest: bool = False
    header_lines: int = 0
    null_as: str | None = None
    blanks_as_null: bool = False
    empty_as_null: bool = False
    date_format: str | None = None
    time_format: str | None = None
    accept_any_date: bool = False
    accept_invalid: str | None = None
    max_error: int = 0
    ignore_all_errors: bool = False
    escape: bool = False
    remove_quotes: bool = False
    trim_blanks: bool = False
    truncate_columns: bool = False
    fill_record: bool = False
    ignore_blank_lines: bool = False
    round_decimals: bool = False
    explicit_ids: bool = False
    no_load: bool = False
    encoding: str = "UTF8"
    statupdate: bool = True
    compupdate: bool = True
    serialize_to_json: bool = False
    region: str | None = None
    iam_role: str | None = None
    credentials: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = None
    session_token: str | None = None

    @property
    def separator(self) -> str:
        """What stands between the fields of a text file."""
        return self.delimiter or ("," if self.format == "CSV" else "|")

    @property
    def errors_allowed(self) -> int:
        """How many rows may be left out. MAXERROR n means fewer than n, and 0 means 1."""
        return 2**62 if self.ignore_all_errors else max(self.max_error, 1) - 1


def _json(words: Words) -> dict[str, Any]:
    return {"format": "JSON", "json_paths": words.optional_string() or "auto"}


def _csv(words: Words) -> dict[str, Any]:
    return {"format": "CSV", "quote": words.string()} if words.take("QUOTE") else {"format": "CSV"}


def _switch(name: str) -> Reader:
    return lambda words: {name: words.take("PRESET") or words.switch()}


#: Every option of COPY; the documentation page lists these words.
OPTIONS: dict[str, Reader] = {
    **AUTHORIZATION,
    "CSV": _csv,
    "QUOTE": string("quote"),
    "PARQUET": flag("format", "PARQUET"),
    "JSON": _json,
    "DELIMITER": string("delimiter"),
    "FIXEDWIDTH": string("fixed_width"),
    "GZIP": flag("compression", "gz"),
    "BZIP2": flag("compression", "bz2"),
    "ZSTD": flag("compression", "zst"),
    "MANIFEST": flag("manifest"),
    "IGNOREHEADER": lambda words: {"header_lines": int(words.number())},
    "NULL": string("null_as"),
    "BLANKSASNULL": flag("blanks_as_null"),
    "EMPTYASNULL": flag("empty_as_null"),
    "DATEFORMAT": string("date_format"),
    "TIMEFORMAT": string("time_format"),
    "ACCEPTANYDATE": flag("accept_any_date"),
    "ACCEPTINVCHARS": lambda words: {"accept_invalid": words.optional_string() or "?"},
    "MAXERROR": lambda words: {"max_error": int(words.number())},
    "IGNOREALLERRORS": flag("ignore_all_errors"),
    "ESCAPE": flag("escape"),
    "REMOVEQUOTES": flag("remove_quotes"),
    "TRIMBLANKS": flag("trim_blanks"),
    "TRUNCATECOLUMNS": flag("truncate_columns"),
    "FILLRECORD": flag("fill_record"),
    "IGNOREBLANKLINES": flag("ignore_blank_lines"),
    "ROUNDEC": flag("round_decimals"),
    "EXPLICIT_IDS": flag("explicit_ids"),
    "NOLOAD": flag("no_load"),
    "ENCODING": lambda words: {"encoding": (words.take("AS"), words.next().text.upper())[1]},
    "STATUPDATE": _switch("statupdate"),
    "COMPUPDATE": _switch("compupdate"),
    "COMPROWS": lambda words: {"comprows": int(words.number())},
    "SERIALIZETOJSON": flag("serialize_to_json"),
}

#: Known to Redshift, refused here by name.
REFUSED = ("ORC", "AVRO", "SHAPEFILE", "LZOP", "ENCRYPTED", "MASTER_SYMMETRIC_KEY", "SSH", "READRATIO")


def read_copy(source: Source) -> CopyOptions:
    """A COPY statement.

    :raises RedshiftError: for a syntax error, or options that exclude one another.
    """
    words = Words(source)
    words.expect("COPY")
    table = [words.next().text.lower()]
    while words.take("."):
        table.append(words.next().text.lower())
    columns = words.names() if words.peek() == "(" else []
    words.expect("FROM")
    uri = words.string()
    found = read_options(words, {**OPTIONS, **{word: _refuse(word) for word in REFUSED}})
    found.pop("comprows", None)
    options = CopyOptions(table, uri, columns, **found)
    _check(options, found)
    return options


def _refuse(word: str) -> Reader:
    def reader(_words: Words) -> dict[str, Any]:
        raise Unsupported(f"COPY ... {word}")

    return reader


def _check(options: CopyOptions, given: dict[str, Any]) -> None:
    check_authorization(vars(options), "COPY")
    if not options.uri.startswith("s3://"):
        raise Unsupported(f"COPY from {options.uri.partition(':')[0]}", "only s3:// is")
    if options.format == "PARQUET":
        extra = sorted(set(given) - _COLUMNAR_TAKES)
        if extra:
            raise RedshiftError(f"COPY from PARQUET does not support the option {extra[0].replace('_', '').upper()}")
    if options.format == "CSV" and (options.fixed_width or options.remove_quotes or options.escape):
        raise RedshiftError("CSV is not compatible with FIXEDWIDTH, REMOVEQUOTES or ESCAPE")
    if options.fixed_width and options.delimiter:
        raise RedshiftError("FIXEDWIDTH is not compatible with DELIMITER")
    if options.ignore_all_errors and options.max_error:
        raise RedshiftError("IGNOREALLERRORS is not compatible with MAXERROR")
    if not 0 <= options.max_error <= 100_000:
        raise RedshiftError("MAXERROR must be between 0 and 100000")
    if options.encoding != "UTF8":
        raise Unsupported(f"COPY ... ENCODING {options.encoding}", "only UTF8 is")
