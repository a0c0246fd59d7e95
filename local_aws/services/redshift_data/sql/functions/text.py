"""Text, regular expressions, JSON paths and conditions."""

from sqlglot import exp

from local_aws.services.redshift_data.errors import Unsupported
from local_aws.services.redshift_data.sql.functions.registry import Arguments, call, number, redshift, text, typed


def _flags(arguments: Arguments, index: int, function: str) -> str:
    """The flags of a regular expression, which Redshift takes as a literal."""
    if len(arguments) <= index:
        return ""
    if not isinstance(arguments[index], exp.Literal):
        raise Unsupported(f"flags of {function} that are not a literal")
    flags = str(arguments[index].this)
    if "p" in flags:
        raise Unsupported(f"the flag p (PCRE) of {function}")
    return flags


def _options(flags: str, more: str = "") -> exp.Expr:
    return text(("i" if "i" in flags else "c") + more)


def _argument(arguments: Arguments, index: int, default: int) -> exp.Expr:
    return arguments[index] if len(arguments) > index else number(default)


@redshift("REGEXP_SUBSTR")
def _regexp_substr(arguments: Arguments) -> exp.Expr:
    flags = _flags(arguments, 4, "REGEXP_SUBSTR")
    start, occurrence = _argument(arguments, 2, 1), _argument(arguments, 3, 1)
    part = number(1 if "e" in flags else 0)
    return call("_regexp_substr", arguments[0], arguments[1], start, occurrence, part, _options(flags))


@redshift("REGEXP_COUNT")
def _regexp_count(arguments: Arguments) -> exp.Expr:
    options = _options(_flags(arguments, 3, "REGEXP_COUNT"))
    return call("_regexp_count", arguments[0], arguments[1], _argument(arguments, 2, 1), options)


@redshift("REGEXP_INSTR")
def _regexp_instr(arguments: Arguments) -> exp.Expr:
    if len(arguments) > 3:
        raise Unsupported("REGEXP_INSTR with an occurrence, an option or flags")
    return call("_regexp_instr", arguments[0], arguments[1], _argument(arguments, 2, 1), _options(""))


@redshift("REGEXP_REPLACE")
def _regexp_replace(arguments: Arguments) -> exp.Expr:
    """Every occurrence is replaced."""
    replacement = arguments[2] if len(arguments) > 2 else text("")
    options = _options(_flags(arguments, 4, "REGEXP_REPLACE"), "g")
    if len(arguments) < 4:
        return call("regexp_replace", arguments[0], arguments[1], replacement, options)
    return call("_regexp_replace", arguments[0], arguments[1], replacement, arguments[3], options)


def similar_pattern(pattern: str, escape: str) -> str:
    """A pattern of SIMILAR TO as a regular expression that is to match the whole text."""
    found: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if character == escape:
            found.append("\\" + next(characters, "\\"))
        elif character in "%_":
            found.append(".*" if character == "%" else ".")
        else:
            found.append("\\" + character if character in "^$.\\" else character)
    return "".join(found)


def similar(node: exp.SimilarTo, escape: str) -> exp.Expr:
    """``x SIMILAR TO 'pattern'``."""
    pattern = node.expression
    if not isinstance(pattern, exp.Literal):
        raise Unsupported("SIMILAR TO with a pattern that is not a literal")
    return call("regexp_full_match", node.this, text(similar_pattern(pattern.this, escape)), text("s"))


def substring(node: exp.Substring) -> exp.Expr:
    """SQL's SUBSTRING: positions before the text count, where DuckDB's negative ones would count from its end."""
    start, length = node.args.get("start") or number(1), node.args.get("length")
    plain = isinstance(start, exp.Literal) and int(start.this) >= 1
    if length is None:
        return call("substring" if plain else "_substring_from", node.this, start)
    return call("substring" if plain else "_substring", node.this, start, length)


@redshift("SUBSTR")
def _substr(arguments: Arguments) -> exp.Expr:
    length = arguments[2] if len(arguments) > 2 else None
    return substring(exp.Substring(this=arguments[0], start=arguments[1], length=length))


@redshift("JSON_EXTRACT_PATH_TEXT")
def _json_path_text(arguments: Arguments) -> exp.Expr:
    document, keys = arguments[0], arguments[1:]
    function = "_json_text"
    if isinstance(keys[-1], exp.Boolean):
        function = "_json_text_or_null" if keys.pop().this else function
    path: exp.Expr = text("$")
    for key in keys:
        if isinstance(key, exp.Literal) and isinstance(path, exp.Literal):
            path = text(path.this + _step(key.this))
        else:
            steps = [path, text('."'), key, text('"')]
            path = call("concat", *steps)
    return call(function, document, path)


def _step(key: str) -> str:
    return '."' + key.replace('"', '""') + '"'


@redshift("FNV_HASH")
def _fnv_hash(arguments: Arguments) -> exp.Expr:
    return typed("_fnv_hash", arguments[0], arguments[1] if len(arguments) > 1 else call("_fnv_seed"))


@redshift("DECODE")
def _decode(arguments: Arguments) -> exp.Expr:
    """NULL equals NULL here, unlike in CASE."""
    subject, rest = arguments[0], arguments[1:]
    default = rest.pop() if len(rest) % 2 else None
    branches = [
        exp.If(this=exp.NullSafeEQ(this=subject.copy(), expression=search), true=result)
        for search, result in zip(rest[::2], rest[1::2], strict=True)
    ]
    return exp.Case(ifs=branches, default=default)
