"""How Redshift's SQL is read and DuckDB's is written: sqlglot's dialects, with function calls left as they stand.

sqlglot gives many functions its own meaning while parsing (``DATEADD`` becomes "add to a date or a timestamp", say),
and the differences that matter here are lost. So every call stays a plain name with arguments, and
:mod:`local_aws.services.redshift_data.sql.functions` says what each name is in DuckDB. A name that is not listed there
is refused, as Redshift refuses a function it does not have.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import ErrorLevel, ParseError, TokenError, UnsupportedError
from sqlglot.generators.duckdb import DuckDBGenerator
from sqlglot.parsers.redshift import RedshiftParser
from sqlglot.tokenizer_core import Token, TokenType

from local_aws.services.redshift_data.errors import RedshiftError, Unsupported

#: The only functions that have a grammar of their own: ``EXTRACT(day FROM x)``, ``TRIM(BOTH 'x' FROM y)`` and so on.
_WITH_GRAMMAR = ("CAST", "CONVERT", "EXTRACT", "OVERLAY", "POSITION", "SUBSTRING", "TRIM", "TRY_CAST")
_ACCESSORS = {name: parser for name, parser in Redshift.Parser.FUNCTION_PARSERS.items() if name in _WITH_GRAMMAR}
_KEYWORDS = {word: kind for word, kind in Redshift.Tokenizer.KEYWORDS.items() if word != "UNLOAD"}


class Warehouse(Redshift):
    """The dialect that statements are parsed with."""

    class Tokenizer(Redshift.Tokenizer):
        """Words that begin a command are words like any other, so that a statement's whole text is seen as tokens."""

        COMMANDS: ClassVar[set[Any]] = set()
        KEYWORDS: ClassVar[dict[str, Any]] = _KEYWORDS

    class Parser(RedshiftParser):
        """The parser without sqlglot's own idea of what functions mean."""

        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = _ACCESSORS
        NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            **{n: p for n, p in Redshift.Parser.NO_PAREN_FUNCTION_PARSERS.items() if n != "IF"},
            # COUNT(DISTINCT x) and PERCENTILE_DISC answer exactly, which an approximation may.
            "APPROXIMATE": lambda self: self._parse_function(),
        }


class Engine(DuckDB):
    """The dialect that plans are written in."""

    class Generator(DuckDBGenerator):
        """DuckDB's, which knows of every function only what this package knows."""

        def ignorenulls_sql(self, expression: exp.IgnoreNulls) -> str:
            """``x IGNORE NULLS``; sqlglot would want to know that the function is a window function."""
            return f"{self.sql(expression, 'this')} IGNORE NULLS"


def render(tree: exp.Expr) -> str:
    """A tree in DuckDB's words as text.

    :raises Unsupported: for something that DuckDB has no words for.
    """
    try:
        return Engine().generate(tree, unsupported_level=ErrorLevel.RAISE)
    except UnsupportedError as error:
        raise Unsupported(str(error)) from error


def tokenize(sql: str) -> list[Token]:
    """The tokens of a text, comments left out.

    :raises RedshiftError: for a string or a comment that never ends.
    """
    try:
        tokens = list(Warehouse().tokenize(sql))
    except TokenError as error:
        raise RedshiftError("unterminated quoted string or comment", details=(f"Engine: {error}",)) from error
    return [_as_function(token, after) for token, after in zip(tokens, [*tokens[1:], None], strict=True)]


def parse(tokens: Iterable[Token], sql: str) -> exp.Expr:
    """One statement's tokens as a tree.

    :param sql: the text the tokens were read from.
    :raises RedshiftError: a syntax error, with its position in ``sql``.
    """
    kept = list(tokens)
    try:
        trees = [tree for tree in Warehouse().parser().parse(kept, sql) if tree is not None]
    except ParseError as error:
        raise _syntax_error(error, kept, sql) from error
    if len(trees) != 1 or isinstance(trees[0], exp.Command):
        raise syntax_error(kept[0], sql)
    return trees[0]


def syntax_error(token: Token | None, sql: str) -> RedshiftError:
    """``syntax error at or near "word"``; without a token, at the end of the text."""
    if token is None:
        return RedshiftError("syntax error at end of input", len(sql) + 1)
    return RedshiftError(f'syntax error at or near "{sql[token.start : token.end + 1]}"', token.start + 1)


def _syntax_error(error: ParseError, tokens: list[Token], sql: str) -> RedshiftError:
    """sqlglot names the token by line and column of its end; at the last token, the fault may be what is missing."""
    place = error.errors[0] if error.errors else {}
    for token in tokens:
        if (token.line, token.col) == (place.get("line"), place.get("col")):
            fault = str(place.get("description"))
            missing = "SENTINEL" in fault or ("Expecting" in fault and token is tokens[-1])
            return syntax_error(None if missing else token, sql)
    return RedshiftError(f"syntax error: {place.get('description', error)}")


def _as_function(token: Token, after: Token | None) -> Token:
    """``ISNULL`` is an operator after a value, and a function before a parenthesis."""
    if token.token_type is not TokenType.ISNULL or after is None or after.token_type is not TokenType.L_PAREN:
        return token
    return Token(TokenType.VAR, token.text, token.line, token.col, token.start, token.end)
