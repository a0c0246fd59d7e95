"""Redshift's datetime and numeric format strings: ``TO_CHAR``, ``TO_DATE``, ``TO_TIMESTAMP``, ``TO_NUMBER``."""

import re

from sqlglot import exp

from local_aws.services.redshift_data.errors import Unsupported
from local_aws.services.redshift_data.sql.functions.registry import Arguments, call, number, redshift, text

#: Elements of a datetime format with the ones of strftime and strptime. The longest are tried first.
_ELEMENTS = {
    "YYYY": "%Y", "YY": "%y", "MM": "%m", "MONTH": "%B", "MON": "%b", "DDD": "%j", "DD": "%d", "DAY": "%A",
    "DY": "%a", "HH24": "%H", "HH12": "%I", "HH": "%I", "MI": "%M", "SS": "%S", "MS": "%g", "US": "%f", "AM": "%p",
    "PM": "%p", "IYYY": "%G", "IW": "%V", "ID": "%u",
}  # fmt: skip
#: Elements that strftime has no word for: the part of the date, with the width to fill with zeros.
_PARTS = {
    "Q": ("quarter", 1),
    "CC": ("century", 2),
    "J": ("julian", 1),
    "WW": ("doy", 2),
    "W": ("day", 1),
    "D": ("dow", 1),
}
_PADDED = ("MONTH", "DAY")
_WORDS = re.compile(
    "|".join(['"[^"]*"', "FM", "TZ", *sorted([*_ELEMENTS, *_PARTS], key=len, reverse=True), "."]), re.I | re.S
)


def _literal(argument: exp.Expr, function: str) -> str:
    if not isinstance(argument, exp.Literal):
        raise Unsupported(f"{function} with a format that is not a literal")
    return str(argument.this)


@redshift("TO_CHAR")
def _to_char(arguments: Arguments) -> exp.Expr:
    pattern = _literal(arguments[1], "TO_CHAR")
    if re.search(r"[90]|^(FM)?RN$", pattern, re.I):
        return call("_to_char_number", exp.cast(arguments[0], "varchar"), arguments[1])
    return _format_datetime(call("_ts", arguments[0]), pattern)


def _format_datetime(moment: exp.Expr, pattern: str) -> exp.Expr:
    pieces: list[exp.Expr] = []
    fill = True
    for word in _WORDS.findall(pattern):
        if word.upper() == "FM":
            fill = False
        else:
            pieces.append(_piece(moment, word, fill))
    result = pieces[0] if pieces else text("")
    for piece in pieces[1:]:
        result = exp.DPipe(this=result, expression=piece)
    return exp.Paren(this=result)


def _piece(moment: exp.Expr, word: str, fill: bool) -> exp.Expr:
    element = word.upper()
    if element in _ELEMENTS:
        value: exp.Expr = call("strftime", moment.copy(), text(_ELEMENTS[element]))
        if not word.isdigit() and element[0] in "MDAP" and element in ("MONTH", "MON", "DAY", "DY", "AM", "PM"):
            value = _in_case(value, word)
        return call("rpad", value, number(9), text(" ")) if element in _PADDED and fill else value
    if element in _PARTS:
        part, width = _PARTS[element]
        value = exp.cast(call("date_part", text(part), moment.copy()), "bigint")
        if element in ("WW", "W"):
            value = exp.IntDiv(this=exp.Paren(this=exp.Add(this=value, expression=number(6))), expression=number(7))
        if element == "D":
            value = exp.Add(this=value, expression=number(1))
        return (
            call("lpad", exp.cast(value, "varchar"), number(width), text("0"))
            if width > 1
            else exp.cast(value, "varchar")
        )
    return text("UTC" if element == "TZ" else word.strip('"') if len(word) > 1 else word)


def _in_case(value: exp.Expr, word: str) -> exp.Expr:
    """Names are written as the format's own letters are: ``MON`` JAN, ``Mon`` Jan, ``mon`` jan."""
    if word.islower():
        return call("lower", value)
    return call("upper", value) if word.isupper() else value


def strptime_pattern(pattern: str, *, hours_to_24: bool = False) -> str:
    """A Redshift format as strptime's.

    :param hours_to_24: HH counts to 24, as in COPY's formats, where there is no AM or PM.
    :raises Unsupported: for an element that strptime cannot read.
    """
    found: list[str] = []
    for word in _WORDS.findall(pattern):
        element = word.upper()
        if element in _PARTS or element in ("TZ", "FM"):
            raise Unsupported(f"{word} in the format {pattern}")
        if element == "HH" and hours_to_24 and not re.search("[AP]M", pattern, re.I):
            element = "HH24"
        found.append(_ELEMENTS.get(element, word.strip('"') if len(word) > 1 else word.replace("%", "%%")))
    return "".join(found)


@redshift("TO_DATE")
def _to_date(arguments: Arguments) -> exp.Expr:
    pattern = strptime_pattern(_literal(arguments[1], "TO_DATE"))
    return exp.cast(call("strptime", arguments[0], text(pattern)), "date")


@redshift("TO_TIMESTAMP")
def _to_timestamp(arguments: Arguments) -> exp.Expr:
    pattern = strptime_pattern(_literal(arguments[1], "TO_TIMESTAMP"))
    return exp.AtTimeZone(this=call("strptime", arguments[0], text(pattern)), zone=text("UTC"))


@redshift("TO_NUMBER")
def _to_number(arguments: Arguments) -> exp.Expr:
    """The scale of the result is the number of digits after the format's decimal point."""
    pattern = _literal(arguments[1], "TO_NUMBER").upper()
    scale = len(re.findall("[90]", re.split(r"[.D]", pattern, maxsplit=1)[1])) if re.search(r"[.D]", pattern) else 0
    trailing = exp.Boolean(this="S" in pattern or "MI" in pattern or "PR" in pattern)
    return exp.cast(call("_to_number", arguments[0], trailing), f"decimal(38, {scale})")
