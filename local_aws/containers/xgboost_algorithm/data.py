"""Channels and request bodies as matrices: CSV without header and label first, libsvm, Parquet."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as parquet
import scipy.sparse
import xgboost

from .errors import UserError

CSV, LIBSVM, PARQUET = "csv", "libsvm", "parquet"
_FORMATS = {
    "text/csv": CSV, "csv": CSV, "text/libsvm": LIBSVM, "text/x-libsvm": LIBSVM, "libsvm": LIBSVM,
    "application/x-parquet": PARQUET, "parquet": PARQUET,
}  # fmt: skip


def format_of(content_type: str) -> str:
    """Return the format that a channel's content type names.

    :raises UserError: when it is none that the algorithm reads.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in _FORMATS:
        raise UserError(f"{content_type} is not an accepted ContentType: {', '.join(sorted(_FORMATS))}.")
    return _FORMATS[kind]


def channel(folder: Path, content_type: str, *, weighted: bool = False) -> Any:
    """Return a channel as a DMatrix.

    :param folder: its files.
    :param weighted: whether the second column of a CSV holds weights (``csv_weights``).
    :raises UserError: naming the file that cannot be read.
    """
    kind = format_of(content_type)
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name[0] != ".")
    files = [path for path in found if path.stat().st_size]
    if not files:
        raise UserError(f"No data found in {folder}.")
    if kind == LIBSVM:
        return _sparse(files)
    whole = np.concatenate([_table(path, kind) for path in files])
    if whole.shape[1] < 2 + weighted:
        raise UserError(f"The data of {folder} has {whole.shape[1]} columns; the first must be the label.")
    _require_labels(whole[:, 0], folder)
    weights = whole[:, 1] if weighted else None
    return xgboost.DMatrix(whole[:, 1 + weighted :], label=whole[:, 0], weight=weights)


def parse_csv(body: bytes) -> Any:
    """Return rows of numbers; an empty field is a missing value.

    :raises UserError: when a field is no number, or rows differ in length.
    """
    first = body.split(b"\n", 1)[0]
    names = [str(number) for number in range(first.count(b",") + 1)]
    types = dict.fromkeys(names, pa.float32())
    options = arrow_csv.ConvertOptions(column_types=types, null_values=["", "nan", "NaN", "NA"])
    try:
        read = arrow_csv.read_csv(
            io.BytesIO(body),
            read_options=arrow_csv.ReadOptions(column_names=names, use_threads=False),
            parse_options=arrow_csv.ParseOptions(ignore_empty_lines=len(names) > 1),
            convert_options=options,
        )
    except pa.ArrowInvalid as error:
        raise UserError(f"the CSV cannot be read: {error}") from None
    return _matrix(read)


def parse_libsvm(lines: list[bytes], columns: int | None = None) -> tuple[Any, Any]:
    """Return a sparse matrix and the labels; a line without a label has 0.

    :raises UserError: naming the line that is none of libsvm.
    """
    values, indices, starts, labels = [], [], [0], []
    for number, line in enumerate(lines, 1):
        parts = line.split()
        try:
            labels.append(float(parts.pop(0)) if parts and b":" not in parts[0] else 0.0)
            for part in parts:
                index, _, value = part.partition(b":")
                indices.append(int(index))
                values.append(float(value))
        except ValueError:
            raise UserError(f"line {number} is no libsvm: {line[:80]!r}") from None
        starts.append(len(values))
    width = max(columns or 0, max(indices, default=-1) + 1)
    matrix = scipy.sparse.csr_matrix((values, indices, starts), shape=(len(labels), width), dtype=np.float32)
    return matrix, np.array(labels, np.float32)


def _table(path: Path, kind: str) -> Any:
    try:
        if kind == PARQUET:
            return _matrix(parquet.read_table(path))
        return parse_csv(path.read_bytes())
    except (UserError, pa.ArrowException) as error:
        raise UserError(f"Failed to load {path.name}: {error}") from None


def _matrix(table: Any) -> Any:
    columns = [column.to_numpy(zero_copy_only=False).astype(np.float32) for column in table.itercolumns()]
    return np.column_stack(columns) if columns else np.empty((0, 0), np.float32)


def _sparse(files: list[Path]) -> Any:
    lines = [line for path in files for line in _lines(path)]
    matrix, labels = parse_libsvm(lines)
    return xgboost.DMatrix(matrix, label=labels)


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from (line for line in file if line.strip())


def _require_labels(labels: Any, folder: Path) -> None:
    missing = int(np.isnan(labels).sum())
    if missing:
        raise UserError(f"The label, which is the first column, is missing in {missing} rows of {folder}.")
