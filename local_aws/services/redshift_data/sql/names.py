"""Names: folded as Redshift folds them, and given to the columns of a result that have none.

DuckDB keeps names as they were written and calls an unnamed column by its expression (``count_star()``); Redshift
folds every name to lower case and calls it by its function (``count``). Files and clients depend on those names.
"""

from sqlglot import exp

from local_aws.services.redshift_data.sql.types import from_sqlglot

#: Functions that Redshift shows under another name than the one they are called by.
_SHOWN_AS = {
    "dateadd": "date_add", "datediff": "date_diff", "date_part": "pgdate_part", "nvl": "coalesce",
    "substr": "substring", "ceiling": "ceil", "pow": "power", "isnull": "coalesce",
}  # fmt: skip
_UNNAMED = "?column?"


def fold(tree: exp.Expr) -> None:
    """Fold all identifiers to lower case, quoted ones too: ``enable_case_sensitive_identifier`` is off by default."""
    for identifier in tree.find_all(exp.Identifier):
        identifier.set("this", str(identifier.this).lower())
        if str(identifier.this).startswith("#"):
            identifier.set("quoted", True)


def name_columns(tree: exp.Expr) -> None:
    """Give every column of every SELECT the name that Redshift would show."""
    for select in tree.find_all(exp.Select):
        for column in list(select.expressions):
            if not isinstance(column, (exp.Alias, exp.Aliases, exp.Column, exp.Star)) and not column.is_star:
                quoted = exp.to_identifier(shown_name(column), quoted=True)
                column.replace(exp.Alias(this=column.copy(), alias=quoted))


def shown_name(column: exp.Expr) -> str:
    """The name of a column without an alias."""
    if isinstance(column, (exp.Column, exp.Dot)):
        return str(column.name)
    if isinstance(column, exp.Cast):
        inner = shown_name(column.this)
        return from_sqlglot(column.to).name if inner == _UNNAMED else inner
    if isinstance(column, (exp.Window, exp.Filter, exp.WithinGroup, exp.IgnoreNulls, exp.Paren)):
        return shown_name(column.this)
    if isinstance(column, exp.Anonymous):
        return _SHOWN_AS.get(column.name.lower(), column.name.lower())
    return _KINDS.get(type(column), _UNNAMED)


_KINDS: dict[type[exp.Expr], str] = {
    exp.Case: "case", exp.Extract: "date_part", exp.Substring: "substring", exp.Trim: "btrim",
    exp.StrPosition: "position", exp.CurrentDate: "date", exp.CurrentTimestamp: "timestamp",
    exp.CurrentUser: "current_user", exp.Exists: "exists", exp.AtTimeZone: "timezone",
}  # fmt: skip
