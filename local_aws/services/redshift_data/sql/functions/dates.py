"""Date functions whose first argument is a date part: a word, not a value."""

import re

from sqlglot import exp

from local_aws.services.redshift_data.errors import RedshiftError
from local_aws.services.redshift_data.sql.functions.registry import Arguments, call, number, redshift, text, typed

#: Redshift's names of date parts. ``m`` is minutes.
_NAMES = {
    "millennium": "millennium millennia mil mils",
    "century": "century centuries c cent cents",
    "decade": "decade decades dec decs",
    "year": "year years y yr yrs",
    "quarter": "quarter quarters qtr qtrs",
    "month": "month months mon mons",
    "week": "week weeks w",
    "dow": "dow dayofweek dw weekday",
    "doy": "doy dayofyear dy yearday",
    "day": "day days d",
    "hour": "hour hours h hr hrs",
    "minute": "minute minutes m min mins",
    "second": "second seconds s sec secs",
    "millisecond": "millisecond milliseconds ms msec msecs msecond mseconds millisec millisecs millisecon",
    "microsecond": "microsecond microseconds microsec microsecs microsecon usecond useconds us usec usecs",
    "epoch": "epoch",
    "timezone": "timezone",
}
_PARTS = {name: part for part, names in _NAMES.items() for name in names.split()}
_DIFFERENCES = ("week", "dow", "doy", "epoch", "timezone")


def date_part(argument: exp.Expr) -> str:
    """The date part that a word or string names.

    :raises RedshiftError: if Redshift knows no such part.
    """
    word = (argument.this if isinstance(argument, exp.Literal) else argument.name).lower()
    if word not in _PARTS:
        raise RedshiftError(f'date part "{word}" is not supported')
    return _PARTS[word]


def compact(value: exp.Expr) -> exp.Expr:
    """A literal date without dashes (``'20080305 12:25:29'``), which DuckDB does not read, with them."""
    if isinstance(value, exp.Literal) and value.is_string:
        dashed = re.sub(r"^(\d{4})(\d\d)(\d\d)(?=$|[ T])", r"\1-\2-\3", str(value.this))
        return text(dashed)
    return value


def _moment(value: exp.Expr) -> exp.Expr:
    """Whatever "implicitly converts to a timestamp"."""
    return call("_ts", compact(value))


@redshift("DATEADD", "DATE_ADD")
def _date_add(arguments: Arguments) -> exp.Expr:
    part, count, moment = date_part(arguments[0]), exp.cast(arguments[1], "int"), arguments[2]
    if part == "year":
        return call("_plus_years", compact(moment), count)
    sizes = {"quarter": ("months", 3), "week": ("days", 7), "decade": ("years", 10), "century": ("years", 100)}
    unit, size = sizes.get(part, (f"{part}s", 1))
    if unit not in ("years", "months", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds"):
        raise RedshiftError(f'date part "{part}" is not supported by DATEADD')
    amount = count if size == 1 else exp.Mul(this=exp.Paren(this=count), expression=number(size))
    interval = call(f"to_{unit}", amount)
    if isinstance(moment, exp.Cast) and moment.to.is_type("time"):
        return exp.Add(this=moment, expression=interval)  # A time of day stays one, and goes round at midnight.
    return call("_plus", compact(moment), interval)


@redshift("DATEDIFF", "DATE_DIFF")
def _date_difference(arguments: Arguments) -> exp.Expr:
    part, start, end = date_part(arguments[0]), arguments[1], arguments[2]
    if part == "week":
        return call("_weeks_between", start, end)
    if isinstance(start, exp.Cast) and start.to.is_type("time"):
        return call("date_diff", text(part), start, end)
    if part in _DIFFERENCES:
        raise RedshiftError(f'date part "{part}" is not supported by DATEDIFF')
    return call("date_diff", text(part), _moment(start), _moment(end))


@redshift("DATE_TRUNC")
def _truncate(arguments: Arguments) -> exp.Expr:
    part, moment = date_part(arguments[0]), _moment(arguments[1])
    if part in ("century", "millennium"):
        # They begin with the year 1, not with the year 0, as the engine has it.
        before = exp.Sub(this=moment, expression=call("to_years", number(1)))
        begun = call("date_trunc", text(part), before)
        return exp.cast(exp.Add(this=begun, expression=call("to_years", number(1))), "timestamp")
    return exp.cast(call("date_trunc", text(part), moment), "timestamp")


@redshift("DATE_PART", "PGDATE_PART")
def _part(arguments: Arguments) -> exp.Expr:
    """The complete seconds, whichever of their parts is asked for, as a DOUBLE PRECISION."""
    part, moment = date_part(arguments[0]), _moment(arguments[1])
    fractions = {"second": 1_000_000, "millisecond": 1_000}
    if part in fractions:
        micros = exp.cast(call("date_part", text("microsecond"), moment), "double")
        return exp.Div(this=micros, expression=number(fractions[part]))
    return exp.cast(_whole(part, moment), "double")


def extract(part_word: exp.Expr, moment: exp.Expr) -> exp.Expr:
    """``EXTRACT(part FROM moment)``: the part alone, without the ones above and below it."""
    part, moment = date_part(part_word), _moment(moment)
    if part == "millisecond":
        return exp.Mod(this=call("date_part", text(part), moment), expression=number(1_000))
    if part == "microsecond":
        return exp.Mod(this=call("date_part", text(part), moment), expression=number(1_000_000))
    return exp.cast(_whole(part, moment), "bigint") if part == "epoch" else exp.cast(_whole(part, moment), "int")


def _whole(part: str, moment: exp.Expr) -> exp.Expr:
    if part == "decade":
        # Decade 201 is 2000 to 2009: Redshift counts from the year 1.
        return exp.Add(this=call("date_part", text(part), moment), expression=number(1))
    return call("epoch", moment) if part == "epoch" else call("date_part", text(part), moment)


@redshift("TRUNC")
def _trunc(arguments: Arguments) -> exp.Expr:
    """A number without its decimals, or the date of a timestamp."""
    return call("trunc", *arguments) if len(arguments) > 1 else typed("_trunc", arguments[0])


@redshift("TIMEZONE")
def _timezone(arguments: Arguments) -> exp.Expr:
    return typed("_timezone", arguments[1], _zone(arguments[0]))


@redshift("CONVERT_TIMEZONE")
def _convert_timezone(arguments: Arguments) -> exp.Expr:
    source, target, moment = arguments if len(arguments) == 3 else [text("UTC"), *arguments]
    local = exp.AtTimeZone(this=_moment(moment), zone=_zone(source))
    return exp.AtTimeZone(this=exp.Paren(this=local), zone=_zone(target))


#: Abbreviations are fixed offsets in Redshift, with no summer time; DuckDB's EST and MST are, PST and CST are not.
_ABBREVIATIONS = {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "CET": 1, "CEST": 2,
    "BST": 1, "JST": 9, "IST": 5.5, "HST": -10, "AKST": -9, "AKDT": -8, "GMT": 0, "UTC": 0, "Z": 0,
}  # fmt: skip


def _zone(zone: exp.Expr) -> exp.Expr:
    if not isinstance(zone, exp.Literal):
        return zone
    offset = _ABBREVIATIONS.get(zone.this.upper())
    if offset is None or offset == 0:
        return text("UTC") if offset == 0 else zone
    hours, minutes = divmod(abs(int(offset * 60)), 60)
    # POSIX's sign: Etc/GMT+8 lies west of Greenwich. Half hours have no such name.
    if minutes:
        return text("Asia/Kolkata")
    return text(f"Etc/GMT{'+' if offset < 0 else '-'}{hours}")
