"""Named parameters: ``:name`` in a statement, its value as a string literal in its place.

Redshift gives a parameter no type of its own, as it gives a string literal none, so the place decides. Words in
strings and comments are no parameters; the query inside of an UNLOAD is such a string, on AWS too.
"""

import itertools

from sqlglot.tokenizer_core import Token, TokenType

from local_aws.errors import AwsError
from local_aws.services.redshift_data.errors import RedshiftError
from local_aws.services.redshift_data.sql.dialect import tokenize

Parameters = list[dict[str, str]]


def bind(sqls: list[str], parameters: Parameters) -> list[str]:
    """The statements with the values in place.

    :raises AwsError: ``ValidationException`` for a parameter that no statement uses, one without a value, or one twice.
    """
    if not parameters:
        return sqls
    values = {parameter["name"]: parameter["value"] for parameter in parameters}
    if len(values) < len(parameters):
        raise AwsError("ValidationException", "Parameters list contains duplicate parameters")
    used: set[str] = set()
    bound = [_bind_one(sql, values, used) for sql in sqls]
    unused = [name for name in values if name not in used]
    if unused:
        raise AwsError(
            "ValidationException",
            f"Parameters list contains unused parameters. Unused parameters: [{', '.join(unused)}]",
        )
    return bound


def _bind_one(sql: str, values: dict[str, str], used: set[str]) -> str:
    try:
        tokens = tokenize(sql)
    except RedshiftError:
        return sql  # The statement fails with its syntax error once it runs.
    pieces: list[str] = []
    position = 0
    for colon, name in itertools.pairwise(tokens):
        if not _is_parameter(colon, name):
            continue
        if name.text not in values:
            raise AwsError(
                "ValidationException", f"Parameters list does not contain values for named parameters: [{name.text}]"
            )
        used.add(name.text)
        quoted = values[name.text].replace("\\", "\\\\").replace("'", "''")
        pieces += [sql[position : colon.start], f"'{quoted}'"]
        position = name.end + 1
    return "".join([*pieces, sql[position:]])


def _is_parameter(colon: Token, name: Token) -> bool:
    adjacent = colon.token_type is TokenType.COLON and name.start == colon.end + 1
    return adjacent and name.text.replace("_", "").isalnum() and name.token_type is not TokenType.STRING
