"""What is wrong with a CSV that could not be read as numbers: the first row and column, and why.

Reading is Arrow's, which is fast and tells little; this is slow, and only looks at what Arrow has refused.
"""

import csv

#: What stands for a missing value, besides nothing.
NULLS = ("nan", "NaN", "NA")
_LONGEST = 40


def describe(body: bytes, delimiter: str = ",") -> str | None:
    """The first fault, such as ``row 3, column 2: 'red' is no number``; None when there is none to be seen.

    Rows and columns count from 1; the label is column 1.
    """
    lines = body.decode("utf-8", "replace").split("\n")
    reader = csv.reader((line.removesuffix("\r") for line in lines), delimiter=delimiter, strict=True)
    width, before = 0, 0
    try:
        for row in reader:
            number, before = before + 1, reader.line_num
            if before > number:
                return f"row {number}: a quoted field holds a line end"
            if not row and not any(lines[number:]):
                break
            width = width or len(row)
            fault = _fault_of(row, width, number)
            if fault:
                return fault
    except csv.Error as error:
        return f"row {before + 1}: {error}"
    return None


def _fault_of(row: list[str], width: int, number: int) -> str | None:
    if len(row) != width:
        return f"row {number} has {len(row)} columns, and row 1 has {width}"
    texts = [(column, field) for column, field in enumerate(row, 1) if not _is_number(field)]
    if not texts:
        return None
    if number == 1 and len(texts) == width:
        return f"row 1 is a header ({', '.join(field for _, field in texts)[:_LONGEST]}): there must be none"
    column, field = texts[0]
    return f"row {number}, column {column}: {field[:_LONGEST]!r} is no number"


def _is_number(field: str) -> bool:
    text = field.strip()
    if not text or text in NULLS:
        return True
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text
