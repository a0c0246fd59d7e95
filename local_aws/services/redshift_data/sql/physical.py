"""The physical attributes of a table, read off and taken out: they say where data lies, never what it is.

DuckDB has no nodes and no slices, so DISTKEY, SORTKEY, ENCODE, DISTSTYLE and BACKUP mean nothing to it; they are kept
for ``pg_table_def`` and ``svv_table_info``. This works on tokens, since a grammar for them would have to follow each
place where Redshift allows them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlglot.tokenizer_core import Token, TokenType

from local_aws.services.redshift_data.sql.statements import Source


@dataclass
class Physical:
    """What was taken out of a CREATE TABLE, as far as catalog views show it."""

    diststyle: str = "AUTO"
    distkey: str = ""
    sortkey: list[str] = field(default_factory=list)
    encodings: dict[str, str] = field(default_factory=dict)


class _Reader:
    """Walks a statement's tokens, keeping what is logical and noting what is physical."""

    def __init__(self, source: Source) -> None:
        self.tokens = list(source.tokens)
        self.at = 0
        self.column = ""
        self.depth = 0
        self.physical = Physical()

    def word(self, offset: int = 0) -> str:
        index = self.at + offset
        if index >= len(self.tokens) or self.tokens[index].token_type in (TokenType.STRING, TokenType.IDENTIFIER):
            return ""
        return self.tokens[index].text.upper()

    def names_in_parentheses(self) -> list[str]:
        """The names between ``(`` and ``)``, the reader left behind them; [] if there is no ``(`` here."""
        names: list[str] = []
        if self.word() != "(":
            return names
        self.at += 1
        while self.at < len(self.tokens) and self.word() != ")":
            if self.word() != ",":
                names.append(self.tokens[self.at].text.lower())
            self.at += 1
        self.at += 1
        return names

    def take(self) -> bool:
        """Read one physical attribute if one stands here."""
        word = self.word()
        taker = getattr(self, f"_take_{word.lower()}", None) if word.isalpha() else None
        return bool(taker and taker())

    def _take_encode(self) -> bool:
        self.physical.encodings[self.column] = self.word(1).lower()
        self.at += 2
        return True

    def _take_diststyle(self) -> bool:
        self.physical.diststyle = self.word(1)
        self.at += 2
        return True

    def _take_backup(self) -> bool:
        if self.word(1) not in ("YES", "NO"):
            return False
        self.at += 2
        return True

    def _take_distkey(self) -> bool:
        self.at += 1
        names = self.names_in_parentheses() or [self.column]
        self.physical.distkey, self.physical.diststyle = names[0], "KEY"
        return True

    def _take_sortkey(self) -> bool:
        self.at += 1
        if self.word() == "AUTO":
            self.at += 1
            return True
        self.physical.sortkey = self.names_in_parentheses() or [*self.physical.sortkey, self.column]
        return True

    def _take_compound(self) -> bool:
        if self.word(1) != "SORTKEY":
            return False
        self.at += 1
        return self._take_sortkey()

    _take_interleaved = _take_compound

    def _take_with(self) -> bool:
        """``WITH NO SCHEMA BINDING``: DuckDB's views bind when they are read, all of them."""
        if [self.word(offset) for offset in (1, 2, 3)] != ["NO", "SCHEMA", "BINDING"]:
            return False
        self.at += 4
        return True

    def _take_auto(self) -> bool:
        """``AUTO REFRESH YES`` of a materialized view."""
        if self.word(1) != "REFRESH":
            return False
        self.at += 3
        return True

    def logical(self) -> Iterator[Token]:
        while self.at < len(self.tokens):
            if self.take():
                continue
            self._follow()
            yield self.tokens[self.at]
            self.at += 1

    def _follow(self) -> None:
        """Know which column's definition the reader is in: the name after ``(`` or ``,`` of the column list."""
        kind = self.tokens[self.at].token_type
        if kind is TokenType.L_PAREN:
            self.depth += 1
        if kind is TokenType.R_PAREN:
            self.depth -= 1
        starts = (kind is TokenType.L_PAREN or kind is TokenType.COMMA) and self.depth == 1
        if starts and self.at + 1 < len(self.tokens):
            self.column = self.tokens[self.at + 1].text.lower()


def strip(source: Source) -> tuple[list[Token], Physical]:
    """The tokens that say what a table or view is, and the attributes that said how it is stored.

    Only CREATE and ALTER carry such attributes, and only before the query of a ``CREATE ... AS``.
    """
    if source.word(0) not in ("CREATE", "ALTER"):
        return list(source.tokens), Physical()
    reader = _Reader(source)
    query = _query_start(source)
    tail = reader.tokens[query:]
    reader.tokens = reader.tokens[:query]
    head = list(reader.logical())
    if len(tail) > 4 and [token.text.upper() for token in tail[-4:]] == ["WITH", "NO", "SCHEMA", "BINDING"]:
        tail = tail[:-4]
    return [*head, *tail], reader.physical


def _query_start(source: Source) -> int:
    """The index of the query after AS, or the end."""
    for index in range(len(source.tokens)):
        if source.word(index) == "AS" and source.word(index + 1) in ("SELECT", "WITH", "("):
            return index
    return len(source.tokens)
