"""The options of UNLOAD and COPY: words in any order, some with values. An unknown word is a syntax error."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlglot.tokenizer_core import Token, TokenType

from local_aws.services.redshift_data.errors import RedshiftError
from local_aws.services.redshift_data.sql.dialect import syntax_error
from local_aws.services.redshift_data.sql.statements import Source

_STRINGS = (TokenType.STRING, TokenType.HEREDOC_STRING)
_UNITS = {"MB": 1 << 20, "GB": 1 << 30}
_SWITCH = {"ON": True, "TRUE": True, "OFF": False, "FALSE": False}


class Words:
    """A statement read word by word."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.at = 0

    def peek(self) -> str:
        """The word here in capitals; "" for a string or at the end."""
        return self.source.word(self.at)

    def token(self) -> Token | None:
        """The token here, None at the end."""
        return self.source.tokens[self.at] if self.at < len(self.source.tokens) else None

    def fail(self) -> RedshiftError:
        """The syntax error at this place."""
        return syntax_error(self.token(), self.source.text)

    def take(self, *words: str) -> bool:
        """Read these words if they stand here."""
        if any(self.source.word(self.at + index) != word for index, word in enumerate(words)):
            return False
        self.at += len(words)
        return True

    def expect(self, *words: str) -> None:
        """Read these words.

        :raises RedshiftError: if others stand here.
        """
        for word in words:
            if not self.take(word):
                raise self.fail()

    def next(self) -> Token:
        """Read one token."""
        token = self.token()
        if token is None:
            raise self.fail()
        self.at += 1
        return token

    def string(self) -> str:
        """Read a quoted string, after an AS that means nothing."""
        self.take("AS")
        token = self.token()
        if token is None or token.token_type not in _STRINGS:
            raise self.fail()
        self.at += 1
        return token.text

    def optional_string(self) -> str | None:
        """Read a quoted string if one stands here."""
        token = (
            self.source.tokens[self.at + 1]
            if self.peek() == "AS" and self.at + 1 < len(self.source.tokens)
            else self.token()
        )
        return self.string() if token is not None and token.token_type in _STRINGS else None

    def number(self) -> float:
        """Read a number, quoted or not."""
        self.take("AS")
        token = self.next()
        try:
            return float(token.text)
        except ValueError:
            self.at -= 1
            raise self.fail() from None

    def size(self) -> int:
        """Read a size in MB or GB as bytes; MB is the default."""
        amount = self.number()
        unit = self.peek() if self.peek() in _UNITS else ""
        self.at += bool(unit)
        return int(amount * _UNITS[unit or "MB"])

    def switch(self) -> bool:
        """Read ON, TRUE, OFF or FALSE; nothing means ON."""
        word = self.peek()
        self.at += word in _SWITCH
        return _SWITCH.get(word, True)

    def names(self) -> list[str]:
        """Read names between parentheses, folded to lower case."""
        self.expect("(")
        found = [self.next().text.lower()]
        while self.take(","):
            found.append(self.next().text.lower())
        self.expect(")")
        return found

    def role(self) -> str:
        """Read an IAM role: an ARN in quotes, or the word ``default``."""
        return "default" if self.take("DEFAULT") else self.string()


Reader = Callable[[Words], dict[str, Any]]


def flag(field: str, value: object = True) -> Reader:
    """A word that alone says something."""
    return lambda _words: {field: value}


def string(field: str) -> Reader:
    """A word with a quoted value."""
    return lambda words: {field: words.string()}


def read_options(words: Words, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """All options up to the end of the statement.

    :raises RedshiftError: for an unknown word, a value of the wrong kind, or a word said twice.
    """
    found: dict[str, Any] = {}
    while words.token() is not None:
        start = words.token()
        if words.take("WITH") or words.take("FORMAT"):
            words.take("AS")
            continue
        reader = readers.get(words.peek())
        if reader is None:
            raise words.fail()
        words.next()
        for field, value in reader(words).items():
            if field in found and found[field] != value:
                raise RedshiftError(f'conflicting or redundant options near "{start.text if start else ""}"')
            found[field] = value
    return found


AUTHORIZATION: dict[str, Reader] = {
    "IAM_ROLE": lambda words: {"iam_role": words.role()},
    "CREDENTIALS": string("credentials"),
    "ACCESS_KEY_ID": string("access_key_id"),
    "SECRET_ACCESS_KEY": string("secret_access_key"),
    "SESSION_TOKEN": string("session_token"),
    "REGION": string("region"),
}


def check_authorization(values: Mapping[str, Any], command: str) -> None:
    """Exactly one way of authorization.

    :raises RedshiftError: if there is none, or more than one.
    """
    ways = [way for way in ("iam_role", "credentials", "access_key_id") if values.get(way)]
    if not ways:
        raise RedshiftError(
            f"No authorization method was specified for {command}: IAM_ROLE, CREDENTIALS or ACCESS_KEY_ID"
        )
    if len(ways) > 1:
        raise RedshiftError(
            f"Only one authorization method can be specified for {command}, not {' and '.join(ways).upper()}"
        )
