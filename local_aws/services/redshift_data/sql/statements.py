"""Texts taken apart into statements, and statements told apart by their first words."""

from dataclasses import dataclass
from functools import cached_property

from sqlglot.tokenizer_core import Token, TokenType

from local_aws.services.redshift_data.errors import RedshiftError
from local_aws.services.redshift_data.sql.dialect import tokenize

_READS = {"SELECT", "WITH", "UNLOAD", "EXPLAIN", "SHOW", "VALUES", "("}


@dataclass(frozen=True)
class Source:
    """One statement as it was sent."""

    text: str
    tokens: tuple[Token, ...]

    def word(self, index: int) -> str:
        """The token at an index in capitals; "" past the end, and for strings, which are never words."""
        if index >= len(self.tokens) or self.tokens[index].token_type in (TokenType.STRING, TokenType.HEREDOC_STRING):
            return ""
        return self.tokens[index].text.upper()

    def starts_with(self, *words: str) -> bool:
        """Whether the statement begins with these words."""
        return all(self.word(index) == word for index, word in enumerate(words))

    @cached_property
    def writes(self) -> bool:
        """Whether it may change the database. ``SELECT ... INTO`` does; everything unknown is taken to."""
        if self.word(0) not in _READS:
            return True
        words = {self.word(index) for index in range(len(self.tokens))}
        return self.word(0) in ("SELECT", "WITH") and "INTO" in words


def split(sql: str) -> list[Source]:
    """The statements of a text, the empty ones left out.

    :raises RedshiftError: for a text that cannot be read at all.
    """
    found: list[Source] = []
    current: list[Token] = []
    for token in tokenize(sql):
        if token.token_type is not TokenType.SEMICOLON:
            current.append(token)
        elif current:
            found.append(Source(sql, tuple(current)))
            current = []
    return [*found, Source(sql, tuple(current))] if current else found


def single(sql: str) -> Source:
    """The one statement of a text.

    :raises RedshiftError: if there is none, or more than one, which the Data API's prepared statements do not take.
    """
    found = split(sql)
    if not found:
        raise RedshiftError("syntax error at end of input", len(sql) + 1)
    if len(found) > 1:
        raise RedshiftError(
            "cannot insert multiple commands into a prepared statement",
            details=("Hint: send several statements with BatchExecuteStatement.",),
        )
    return found[0]
