"""A witness of an expression's type: an expression of the same type without aggregates or window functions.

DuckDB chooses a macro's overload by the types of its arguments, and knows no type for an aggregate at that moment. So a
macro that chooses by type takes two arguments: a witness to choose by, which is never computed, and the value. The
witness of ``max(occurred_at)`` is ``occurred_at``; it need not be grouped by, since nothing reads it.
"""

from sqlglot import exp

#: Aggregates and window functions whose type is that of their first argument.
_OF_ARGUMENT = frozenset(
    "MIN MAX ANY_VALUE FIRST_VALUE LAST_VALUE NTH_VALUE LAG LEAD BIT_AND BIT_OR QUANTILE_CONT QUANTILE_DISC "
    "MEDIAN".split()
)
_OTHERS = {
    **dict.fromkeys(("COUNT", "ROW_NUMBER", "RANK", "DENSE_RANK", "NTILE", "GROUPING"), "BIGINT"),
    **dict.fromkeys(
        ("STDDEV", "STDDEV_POP", "STDDEV_SAMP", "VARIANCE", "VAR_POP", "VAR_SAMP", "CUME_DIST", "PERCENT_RANK"),
        "DOUBLE",
    ),
    **dict.fromkeys(("BOOL_AND", "BOOL_OR"), "BOOLEAN"),
    **dict.fromkeys(("STRING_AGG", "_JOIN"), "VARCHAR"),
}
_CLAUSES = (exp.Window, exp.Filter, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls, exp.Distinct, exp.Order)


def witness(value: exp.Expr) -> exp.Expr:
    """An expression of the type of ``value``, which is already in DuckDB's words."""
    if isinstance(value, _CLAUSES):
        inner = value.expressions[0] if isinstance(value, exp.Distinct) else value.this
        return witness(inner)
    if isinstance(value, exp.Anonymous):
        return _of_call(value)
    if isinstance(value, (exp.Subquery, exp.Query)):
        return value.copy()
    same = value.copy()
    for name, child in value.args.items():
        if isinstance(child, exp.Expr):
            same.set(name, witness(child))
        elif isinstance(child, list):
            same.set(name, [witness(item) if isinstance(item, exp.Expr) else item for item in child])
    return same


def _of_call(value: exp.Anonymous) -> exp.Expr:
    name = str(value.this).upper()
    if name in _OTHERS:
        return exp.cast(exp.Null(), _OTHERS[name], dialect="duckdb")
    if name in _OF_ARGUMENT:
        return witness(value.expressions[0])
    if name in ("_SUM", "_AVERAGE"):
        # The first argument is a witness already; the macro's own type follows from it.
        tag, *rest = value.expressions
        return exp.Anonymous(this=value.this, expressions=[tag.copy(), *(tag.copy() for _ in rest)])
    return exp.Anonymous(this=value.this, expressions=[witness(argument) for argument in value.expressions])
