"""Aggregates and window functions whose meaning or grammar differs: ``SUM``, ``AVG``, ``LISTAGG``, percentiles.

An aggregate wears its clauses outside: ``AVG(DISTINCT x) FILTER (...) OVER (...)``. So these work on the outermost of
those nodes, and put copies of the clauses around the parts that they make.
"""

from sqlglot import exp

from local_aws.services.redshift_data.errors import RedshiftError, Unsupported
from local_aws.services.redshift_data.sql.functions.registry import Arguments, call, text
from local_aws.services.redshift_data.sql.functions.witness import witness

#: The aggregates handled here rather than in the registry.
NAMES = ("SUM", "AVG", "LISTAGG", "PERCENTILE_CONT", "PERCENTILE_DISC", "RATIO_TO_REPORT")


def core(node: exp.Expr) -> exp.Anonymous | None:
    """The call inside the clauses of an aggregate, if the node is the outermost of one of ``NAMES``."""
    if isinstance(node.parent, (exp.Filter, exp.WithinGroup)) or (
        isinstance(node.parent, exp.Window) and node.parent.this is node
    ):
        return None
    inner = node
    while isinstance(inner, (exp.Window, exp.Filter, exp.WithinGroup)):
        inner = inner.this
    return inner if isinstance(inner, exp.Anonymous) and inner.name.upper() in NAMES else None


def rewrite(node: exp.Expr, function: exp.Anonymous) -> exp.Expr:
    """The aggregate, clauses and all, as DuckDB says it."""
    name, arguments = function.name.upper(), list(function.expressions)
    if isinstance(node.parent, exp.Pivot):
        if name == "SUM":
            return node  # Its type is the engine's; the value is the same.
        raise Unsupported(f"{name} in PIVOT", "aggregate in a subquery first and PIVOT its result with MAX")
    if name == "SUM":
        return call("_sum", _value(arguments), node.copy())
    if name == "AVG":
        parts = [_around(node, call(part, *arguments)) for part in ("sum", "count")]
        return call("_average", _value(arguments), *parts)
    if name == "LISTAGG":
        return _listagg(node, arguments)
    if name == "RATIO_TO_REPORT":
        value = exp.cast(arguments[0], "double")
        total = _around(node, call("sum", value.copy()))
        return exp.Paren(this=exp.Div(this=value, expression=call("nullif", total, exp.Literal.number(0))))
    return _percentile(node, name, arguments)


def _value(arguments: Arguments) -> exp.Expr:
    """What is aggregated, as the witness of the aggregate's type."""
    return witness(arguments[0])


def _around(node: exp.Expr, function: exp.Expr) -> exp.Expr:
    """The clauses of ``node`` around another call; WITHIN GROUP is left off, since its order became an argument."""
    if isinstance(node, (exp.Window, exp.Filter)):
        clause = node.copy()
        clause.set("this", _around(node.this, function))
        return clause
    if isinstance(node, exp.WithinGroup):
        return _around(node.this, function)
    return function.copy()


def _order(node: exp.Expr) -> exp.Order | None:
    found = node.find(exp.WithinGroup)
    return found.expression if found and isinstance(found.expression, exp.Order) else None


def _listagg(node: exp.Expr, arguments: Arguments) -> exp.Expr:
    """Empty strings and NULLs are left out; without a delimiter the values stand side by side."""
    first, delimiter = arguments[0], arguments[1] if len(arguments) > 1 else text("")
    distinct = isinstance(first, exp.Distinct)
    if isinstance(first, exp.Distinct):
        first, *rest = first.expressions
        delimiter = rest[0] if rest else delimiter
    value = call("nullif", exp.cast(first, "varchar"), text(""))
    shown: exp.Expr = exp.Distinct(expressions=[value]) if distinct else value
    order = _order(node)
    if order is None:
        return _around(node, call("string_agg", shown, delimiter))
    if distinct:
        # DuckDB orders a DISTINCT aggregate only by its own argument, which is text here; so the values are collected
        # with their own type, ordered as they are, and joined afterwards.
        return _distinct_listagg(node, first, delimiter, order)
    return _around(node, call("string_agg", shown, exp.Order(this=delimiter, expressions=order.expressions)))


def _distinct_listagg(node: exp.Expr, value: exp.Expr, delimiter: exp.Expr, order: exp.Order) -> exp.Expr:
    if len(order.expressions) != 1 or order.expressions[0].this != value:
        raise RedshiftError("LISTAGG(DISTINCT x) must be ordered by x itself")
    ordered = exp.Order(this=exp.Distinct(expressions=[value]), expressions=order.expressions)
    return call("_join", _around(node, call("list", ordered)), delimiter)


def _percentile(node: exp.Expr, name: str, arguments: Arguments) -> exp.Expr:
    order = _order(node)
    if order is None or len(order.expressions) != 1:
        raise RedshiftError(f"{name} requires WITHIN GROUP (ORDER BY expression)")
    ordered, share = order.expressions[0], arguments[0]
    if ordered.args.get("desc"):
        share = exp.Paren(this=exp.Sub(this=exp.Literal.number(1), expression=share))
    function = "quantile_cont" if name == "PERCENTILE_CONT" else "quantile_disc"
    return _around(node, call(function, ordered.this, share))
