"""CREATE FUNCTION ... LANGUAGE sql, which is a macro in DuckDB; Python functions are refused."""

import re
from collections.abc import Callable

from sqlglot.tokenizer_core import TokenType

from local_aws.services.redshift_data.errors import RedshiftError, Unsupported
from local_aws.services.redshift_data.sql.plan import Plan
from local_aws.services.redshift_data.sql.statements import Source, single


def create_function(source: Source, translate: Callable[[Source], str]) -> Plan:
    """CREATE [OR REPLACE] FUNCTION and DROP FUNCTION.

    :param translate: one query into DuckDB's words.
    """
    words = [source.word(index) for index in range(len(source.tokens))]
    if words[0] == "DROP":
        at = 4 if words[2:4] == ["IF", "EXISTS"] else 2
        exists = "IF EXISTS " if at == 4 else ""
        return Plan("define", [f"DROP MACRO {exists}{_name(source, at)[0]}"])
    if words[-2:] != ["LANGUAGE", "SQL"]:
        raise Unsupported(f"CREATE FUNCTION ... LANGUAGE {words[-1].lower()}", "only LANGUAGE sql runs here")
    name, at = _name(source, 2 if words[1] == "FUNCTION" else 4)
    count = _count_arguments(words, at)
    body = next((t.text for t in source.tokens if t.token_type is TokenType.HEREDOC_STRING), None)
    if body is None:
        raise RedshiftError("CREATE FUNCTION needs a body between $$ and $$")
    # $1 stands for an argument; a name survives the parser, a parameter would not.
    query = translate(single(re.sub(r"\$(\d+)", r"argument_\1", body)))
    arguments = ", ".join(f"argument_{index + 1}" for index in range(count))
    return Plan("define", [f"CREATE OR REPLACE MACRO {name}({arguments}) AS ({query})"])


def _name(source: Source, at: int) -> tuple[str, int]:
    """The function's name, perhaps with a schema, and the index after it."""
    parts = [source.tokens[at].text.lower()]
    while source.word(at + 1) == ".":
        parts.append(source.tokens[at + 2].text.lower())
        at += 2
    return ".".join(f'"{part}"' for part in parts), at + 1


def _count_arguments(words: list[str], at: int) -> int:
    """How many types stand between the parentheses; a type may have parentheses of its own."""
    depth, count = 0, 0 if words[at + 1] == ")" else 1
    for word in words[at:]:
        depth += (word == "(") - (word == ")")
        count += word == "," and depth == 1
        if depth == 0:
            break
    return count
