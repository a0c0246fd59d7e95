"""The functions that DuckDB cannot say, in Python over Arrow arrays: hashes, number formats, words."""

import hashlib
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cache
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from duckdb.func import ARROW, SPECIAL

_FNV_PRIME = np.uint64(1099511628211)
#: The offset basis of 64-bit FNV, as the signed BIGINT that Redshift's seeds are.
_FNV_SEED = int(np.uint64(14695981039346656037).astype(np.int64))
_U64 = np.uint64


def _fnv_bytes(state: Any, columns: Iterable[Any]) -> Any:
    """FNV-1a, one column of bytes after the other, for all rows at once."""
    with np.errstate(over="ignore"):
        for column in columns:
            state = (state ^ column) * _FNV_PRIME
    return state


def _unsigned(values: Any) -> Any:
    return values.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64).view(_U64)


def fnv_number(values: Any, widths: Any, seeds: Any) -> Any:
    """FNV_HASH of integers: the little-endian bytes of the value, as many as its type has."""
    width = widths[0].as_py() if len(widths) else 8
    raw = _unsigned(values)
    state = _fnv_bytes(_unsigned(seeds), ((raw >> _U64(8 * index)) & _U64(255) for index in range(width)))
    return pa.array(state.view(np.int64), mask=values.is_null().to_numpy(zero_copy_only=False))


def fnv_text(values: Any, seeds: Any) -> Any:
    """FNV_HASH of text: its UTF-8 bytes. Position by position over all rows, so that numpy does the loop."""
    encoded = [value.encode() if value is not None else b"" for value in values.to_pylist()]
    lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
    longest = int(lengths.max(initial=0))
    padded = b"".join(value.ljust(longest, b"\0") for value in encoded)
    matrix = np.frombuffer(padded, np.uint8).reshape(len(encoded), longest).astype(_U64)
    state = _unsigned(seeds)
    for index in range(longest):
        state = np.where(lengths > index, _fnv_bytes(state, [matrix[:, index]]), state)
    return pa.array(state.view(np.int64), mask=values.is_null().to_numpy(zero_copy_only=False))


@cache
def _crc32c_table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ 0x82F63B78 if value & 1 else value >> 1
        table.append(value)
    return table


def crc32c(value: str) -> str:
    """CRC32 of Redshift: the Castagnoli polynomial (CRC-32C), as eight hexadecimal digits."""
    table, checksum = _crc32c_table(), 0xFFFFFFFF
    for byte in value.encode():
        checksum = table[(checksum ^ byte) & 0xFF] ^ (checksum >> 8)
    return f"{checksum ^ 0xFFFFFFFF:08x}"


def sha2(value: str, bits: int) -> str:
    """SHA2: 0 means 256, and an unknown length gives an empty string."""
    name = {0: "sha256", 224: "sha224", 256: "sha256", 384: "sha384", 512: "sha512"}.get(bits)
    return hashlib.new(name, value.encode()).hexdigest() if name else ""


def strtol(value: str, base: int) -> int:
    """STRTOL: text to a number in a base of 2 to 36; empty text is 0."""
    digits = value.lstrip()
    if not digits or digits.startswith("\0"):
        return 0
    try:
        return int(digits.replace("_", "?"), base)
    except ValueError:
        raise ValueError(f"The input {value} is not valid to be converted to base {base}") from None


def strtol_column(values: Any, bases: Any) -> Any:
    """STRTOL of a column. The digits of hashes, all of one length in base 16, are read at once."""
    texts = values.to_pylist()
    width = len(texts[0]) if texts and texts[0] is not None else 0
    if 0 < width <= 14 and width % 2 == 0 and not values.null_count and bases.unique().to_pylist() == [16]:
        joined = "".join(texts)
        if all(len(text) == width for text in texts) and re.fullmatch("[0-9a-fA-F]+", joined):
            digits = np.frombuffer(bytes.fromhex(joined), np.uint8).reshape(len(texts), width // 2)
            return pa.array(digits.astype(np.int64) @ (256 ** np.arange(width // 2 - 1, -1, -1)))
    return _rowwise(strtol, pa.int64())(values, bases)


def initcap(value: str) -> str:
    """INITCAP: every character that is neither letter nor digit ends a word."""
    return re.sub(r"[^\W_]+", lambda word: word[0][:1].upper() + word[0][1:].lower(), value)


def to_number(value: str, trailing_sign: bool) -> str:
    """TO_NUMBER: the digits, the point and the sign of a formatted number."""
    digits = re.sub(r"[^0-9.]", "", value) or "0"
    negative = "-" in value or (trailing_sign and value.strip().startswith("<"))
    return f"-{digits}" if negative else digits


_ROMAN = [(1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
          (9, "ix"), (5, "v"), (4, "iv"), (1, "i")]  # fmt: skip


def _roman(number: int) -> str:
    if not 0 < number < 4000:
        return "#" * 15
    text = ""
    for value, letters in _ROMAN:
        text += letters * (number // value)
        number %= value
    return text


def to_char_number(value: str, pattern: str) -> str:
    """TO_CHAR of a number: digits 9 and 0, groups, a point, a sign, a currency, or Roman numerals."""
    number = Decimal(value)
    upper = pattern.upper()
    fill = not upper.startswith("FM")
    body = upper.removeprefix("FM")
    if body == "RN":
        roman = _roman(int(number.to_integral_value()))
        roman = roman.upper() if pattern.upper() == pattern else roman
        return roman.rjust(15) if fill else roman
    whole, _, fraction = re.sub("[^90.D,G]", "", body).replace("D", ".").replace("G", ",").partition(".")
    rounded = f"{abs(number):.{len(fraction)}f}"
    digits, _, decimals = rounded.partition(".")
    if len(digits) > sum(place in "90" for place in whole):
        return (
            " "
            + "".join("#" if place in "90" else place for place in whole)
            + ("." + "#" * len(fraction) if fraction else "")
        )
    text = _places(whole, digits) + (f".{decimals}" if fraction else "")
    return _signed(text if fill else text.strip(), number < 0, body, fill)


def _places(pattern: str, digits: str) -> str:
    """Digits put into their places from the right; a 9 before the first digit is a blank, a 0 a zero."""
    text, rest = "", digits if digits != "0" or "0" in pattern[-1:] else "0"
    for place in reversed(pattern):
        if place == ",":
            text = ("," if rest or "0" in pattern[: len(pattern) - len(text)] else " ") + text
        elif rest:
            text, rest = rest[-1] + text, rest[:-1]
        else:
            text = ("0" if "0" in pattern[: len(pattern) - len(text)] else " ") + text
    return text


def _signed(text: str, negative: bool, body: str, fill: bool) -> str:
    """The sign: before the digits, or where S, MI or PR stand."""
    currency = "$ " if body.startswith("L") else ""
    if body.endswith("S"):
        return currency + text + ("-" if negative else "+")
    if body.endswith("MI"):
        return currency + text + ("-" if negative else " " if fill else "")
    if body.endswith("PR"):
        stripped = text.strip()
        return currency + (f"<{stripped}>" if negative else f" {stripped} " if fill else stripped)
    if negative:
        blanks = len(text) - len(text.lstrip())
        return currency + (" " * blanks + "-" + text.lstrip())
    return currency + ((" " if fill and not currency else "") + text)


def _rowwise(function: Callable[..., Any], kind: Any) -> Callable[..., Any]:
    """A function of values as one of Arrow arrays; a NULL among its arguments gives NULL.

    DuckDB reads the number of parameters off the signature, so there is one for each number.
    """

    def one(values: Any) -> Any:
        return pa.array([None if value is None else function(value) for value in values.to_pylist()], kind)

    def two(values: Any, others: Any) -> Any:
        rows = zip(values.to_pylist(), others.to_pylist(), strict=True)
        return pa.array([None if None in row else function(*row) for row in rows], kind)

    return one if function.__code__.co_argcount == 1 else two


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the functions known to every session of the engine."""
    text, big, boolean = "VARCHAR", "BIGINT", "BOOLEAN"
    connection.execute(f"CREATE MACRO _fnv_seed() AS ({_FNV_SEED})::BIGINT")
    functions: list[tuple[str, Callable[..., Any], list[Any], str]] = [
        ("_fnv_number", fnv_number, [big, "INTEGER", big], big),
        ("_fnv_text", fnv_text, [text, big], big),
        ("_crc32", _rowwise(crc32c, pa.string()), [text], text),
        ("_sha2", _rowwise(sha2, pa.string()), [text, "INTEGER"], text),
        ("_strtol", strtol_column, [text, "INTEGER"], big),
        ("_initcap", _rowwise(initcap, pa.string()), [text], text),
        ("_to_number", _rowwise(to_number, pa.string()), [text, boolean], text),
        ("_to_char_number", _rowwise(to_char_number, pa.string()), [text, text], text),
    ]
    for name, function, parameters, result in functions:
        connection.create_function(name, function, parameters, result, type=ARROW, null_handling=SPECIAL)
