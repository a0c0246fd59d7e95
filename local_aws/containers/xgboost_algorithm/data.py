"""Channels and request bodies as matrices: CSV without header and label first, libsvm, Parquet."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as parquet
import scipy.sparse
import xgboost

from . import csv_faults, labels
from .errors import UserError

CSV, LIBSVM, PARQUET = "csv", "libsvm", "parquet"
_FORMATS = {
    "text/csv": CSV, "csv": CSV, "text/libsvm": LIBSVM, "text/x-libsvm": LIBSVM, "libsvm": LIBSVM,
    "application/x-parquet": PARQUET, "parquet": PARQUET,
}  # fmt: skip
#: What may separate fields, as AWS's image finds out, too.
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Rows:
    """Labelled rows: ``features`` are an array or a sparse matrix, ``weights`` may be None."""

    features: Any
    labels: Any
    weights: Any = None

    @property
    def width(self) -> int:
        """How many features there are."""
        return int(self.features.shape[1])

    def matrix(self, width: int) -> Any:
        """Return them as a DMatrix of that many features; sparse rows may have fewer."""
        features = self.features
        if scipy.sparse.issparse(features) and self.width < width:
            features = features.copy()
            features.resize((features.shape[0], width))
        return xgboost.DMatrix(features, label=self.labels, weight=self.weights)


def format_of(content_type: str) -> str:
    """Return the format that a channel's content type names.

    :raises UserError: when it is none that the algorithm reads.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in _FORMATS:
        raise UserError(f"{content_type} is not an accepted ContentType: {', '.join(sorted(_FORMATS))}.")
    return _FORMATS[kind]


def channel(folder: Path, content_type: str, rule: labels.Rule | None, *, weighted: bool = False) -> Rows | None:
    """Return a channel's rows; None when it has none.

    :param folder: its files.
    :param rule: what its labels must be.
    :param weighted: whether the second column of a CSV holds weights (``csv_weights``).
    :raises UserError: naming file, row and column that cannot be used.
    """
    kind = format_of(content_type)
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name[0] not in "._")
    parts = []
    for path in found:
        if not path.stat().st_size:
            continue
        try:
            rows = _read(path, kind, weighted=weighted)
            labels.check(rows.labels, rule)
        except UserError as error:
            raise UserError(f"Failed to load {path.relative_to(folder)}: {error}") from None
        parts.append(rows)
    return _together([rows for rows in parts if len(rows.labels)])


def parse_csv(body: bytes) -> Any:
    """Return rows of numbers; an empty field is a missing value. The first line shows what separates fields.

    :raises UserError: naming row and column when a field is no number, or rows differ in length.
    """
    first = body.split(b"\n", 1)[0]
    delimiter = next((mark for mark in _DELIMITERS if mark.encode() in first), ",")
    names = [str(number) for number in range(first.count(delimiter.encode()) + 1)]
    types = dict.fromkeys(names, pa.float32())
    options = arrow_csv.ConvertOptions(column_types=types, null_values=["", *csv_faults.NULLS])
    try:
        read = arrow_csv.read_csv(
            io.BytesIO(body),
            read_options=arrow_csv.ReadOptions(column_names=names, use_threads=False),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, ignore_empty_lines=len(names) > 1),
            convert_options=options,
        )
    except pa.ArrowInvalid as error:
        raise UserError(csv_faults.describe(body, delimiter) or f"the CSV cannot be read: {error}") from None
    return _matrix(read)


def parse_libsvm(lines: list[bytes], columns: int | None = None) -> tuple[Any, Any]:
    """Return a sparse matrix and the labels; a line without a label has 0.

    :raises UserError: naming the line that is none of libsvm.
    """
    values, indices, starts, found = [], [], [0], []
    for number, line in enumerate(lines, 1):
        parts = line.split()
        try:
            found.append(float(parts.pop(0)) if parts and b":" not in parts[0] else 0.0)
            for part in parts:
                index, _, value = part.partition(b":")
                indices.append(int(index))
                values.append(float(value))
        except ValueError:
            raise UserError(f"line {number} is no libsvm: {line[:80]!r}") from None
        starts.append(len(values))
    width = max(columns or 0, max(indices, default=-1) + 1)
    matrix = scipy.sparse.csr_matrix((values, indices, starts), shape=(len(found), width), dtype=np.float32)
    return matrix, np.array(found, np.float32)


def _read(path: Path, kind: str, *, weighted: bool) -> Rows:
    if kind == LIBSVM:
        features, found = parse_libsvm([line for line in path.read_bytes().splitlines() if line.strip()])
        _require_finite(features.data, lambda at: f"row {np.searchsorted(features.indptr, at, 'right')}")
        return Rows(features, found)
    whole = _table(path) if kind == PARQUET else parse_csv(path.read_bytes())
    first = 1 + (weighted and kind == CSV)
    if whole.shape[1] < first + 1:
        raise UserError(f"it has {whole.shape[1]} columns; the first must be the label")
    features = whole[:, first:]
    width = features.shape[1]
    _require_finite(
        np.ascontiguousarray(features).ravel(), lambda at: f"row {at // width + 1}, column {first + at % width + 1}"
    )
    return Rows(features, whole[:, 0], whole[:, 1] if first == 2 else None)


def _table(path: Path) -> Any:
    try:
        read = parquet.read_table(path)
    except pa.ArrowException as error:
        raise UserError(f"it is no Parquet: {error}") from None
    for number, field in enumerate(read.schema, 1):
        if not (pa.types.is_integer(field.type) or pa.types.is_floating(field.type) or pa.types.is_boolean(field.type)):
            raise UserError(f"column {number} ({field.name}) holds {field.type} and no numbers")
    return _matrix(read)


def _matrix(table: Any) -> Any:
    columns = [column.to_numpy(zero_copy_only=False).astype(np.float32) for column in table.itercolumns()]
    return np.column_stack(columns) if columns else np.empty((0, 0), np.float32)


def _require_finite(values: Any, place: Any) -> None:
    """Refuse what xgboost would refuse without saying where: a missing value (NaN) is fine, an infinite one is not."""
    infinite = np.flatnonzero(np.isinf(values))
    if infinite.size:
        raise UserError(
            f"{place(int(infinite[0]))}: Input data contains `inf` or a value too large; {infinite.size} values in all"
        )


def _together(parts: list[Rows]) -> Rows | None:
    if not parts:
        return None
    width = max(rows.width for rows in parts)
    if not scipy.sparse.issparse(parts[0].features):
        narrow = next((rows.width for rows in parts if rows.width != width), None)
        if narrow is not None:
            raise UserError(f"The files of a channel differ: one has {narrow} features, another one {width}.")
        features = np.concatenate([rows.features for rows in parts])
    else:
        for rows in parts:
            rows.features.resize((rows.features.shape[0], width))
        features = scipy.sparse.vstack([rows.features for rows in parts], format="csr")
    weights = None if parts[0].weights is None else np.concatenate([rows.weights for rows in parts])
    return Rows(features, np.concatenate([rows.labels for rows in parts]), weights)
