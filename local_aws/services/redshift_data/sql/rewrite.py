"""Expressions: each node whose meaning differs is replaced by what says the same in DuckDB."""

from collections.abc import Callable

from sqlglot import exp

from local_aws.services.redshift_data.errors import RedshiftError, Unsupported
from local_aws.services.redshift_data.sql.functions import FUNCTIONS, aggregates, call, dates, text, typed
from local_aws.services.redshift_data.sql.plan import Catalog
from local_aws.services.redshift_data.sql.types import from_sqlglot

#: Schemas of Redshift's own catalog; its views live in the schema that is always searched.
_CATALOG_SCHEMAS = ("pg_catalog",)
CATALOG_VIEWS = frozenset(
    "svv_tables svv_columns svv_table_info svv_all_tables svv_all_columns pg_table_def stl_load_errors "
    "sys_load_error_detail stl_unload_log sys_unload_detail".split()
)


def rewrite(tree: exp.Expr, catalog: Catalog) -> exp.Expr:
    """The tree with all its expressions in DuckDB's words; children before parents.

    :raises RedshiftError: for a function that does not exist, or something that cannot be said.
    """
    _refuse_super_comparisons(tree)
    for node in reversed(list(tree.dfs())):
        replacement = _call(node, catalog) if isinstance(node, exp.Anonymous) else _replacement(node)
        if replacement is node:
            continue
        if node is tree:
            tree = replacement
        else:
            node.replace(replacement)
    return tree


def _replacement(node: exp.Expr) -> exp.Expr:
    function = aggregates.core(node)
    if function is not None:
        return aggregates.rewrite(node, function)
    rewriter = _REWRITERS.get(type(node))
    return rewriter(node) if rewriter else node


def _call(node: exp.Anonymous, catalog: Catalog) -> exp.Expr:
    name = str(node.this).upper()
    if name == "VALUES" and isinstance(node.find_ancestor(exp.When), exp.When):
        return node
    if name in aggregates.NAMES:
        # Its clauses stand around it; the outermost of them is replaced, or it itself if there are none.
        return _replacement(node)
    if name not in FUNCTIONS and catalog.has_function(name.lower()):
        return node
    if name not in FUNCTIONS:
        raise RedshiftError(
            f"function {name.lower()}() does not exist",
            details=("Hint: no function of that name is known to Redshift, or local_aws does not support it.",),
        )
    try:
        return FUNCTIONS[name](list(node.expressions))
    except IndexError:
        raise RedshiftError(f"function {name.lower()}() takes more arguments than were given") from None


def _cast(node: exp.Cast) -> exp.Expr:
    kind = from_sqlglot(node.to)
    if kind.is_text:
        shown = typed("_text", node.this)
        sized = bool(node.to.expressions) or kind.name == "bpchar"
        return call("_clip", shown, exp.Literal.number(kind.length)) if sized else shown
    if isinstance(node.this, exp.Literal) and node.this.this == "epoch" and kind.name.startswith("timestamp"):
        return exp.cast(exp.Literal.string("1970-01-01 00:00:00"), kind.duckdb, dialect="duckdb")
    value = dates.compact(node.this) if kind.name in ("date", "timestamp", "timestamptz") else node.this
    return exp.cast(value, kind.duckdb, dialect="duckdb")


def _try_cast(node: exp.TryCast) -> exp.Expr:
    to = exp.DataType.build(from_sqlglot(node.to).duckdb, dialect="duckdb")
    return exp.TryCast(this=node.this, to=to, safe=True)


def _similar(node: exp.SimilarTo) -> exp.Expr:
    return node if isinstance(node.parent, exp.Escape) else text.similar(node, "\\")


def _escape(node: exp.Escape) -> exp.Expr:
    if isinstance(node.this, exp.SimilarTo):
        return text.similar(node.this, str(node.expression.this))
    return node


def _like(node: exp.Expr) -> exp.Expr:
    """Redshift's LIKE escapes with a backslash by default; DuckDB's does not."""
    pattern = node.args.get("expression")
    plain = isinstance(pattern, exp.Literal) and "\\" not in str(pattern.this)
    if plain or isinstance(node.parent, exp.Escape):
        return node
    return exp.Escape(this=node.copy(), expression=exp.Literal.string("\\"))


def _extract(node: exp.Extract) -> exp.Expr:
    return dates.extract(node.this, node.expression)


def _now(_node: exp.CurrentTimestamp) -> exp.Expr:
    return call("_sysdate")


def _user(_node: exp.CurrentUser) -> exp.Expr:
    return call("getvariable", exp.Literal.string("redshift_user"))


def _ignore_nulls(node: exp.IgnoreNulls) -> exp.Expr:
    """The words stand behind the last argument in DuckDB: ``LAG(x, 1 IGNORE NULLS)``."""
    function = node.this
    if not isinstance(function, exp.Anonymous):
        return node
    *first, last = function.expressions
    return call(str(function.this), *first, exp.IgnoreNulls(this=last))


#: Functions of the engine whose value is a timestamp.
_TIMESTAMPS = ("_SYSDATE", "RS_GETDATE", "_PLUS", "_PLUS_YEARS", "RS_ADD_MONTHS", "_TS")


def _days(node: exp.Add | exp.Sub) -> exp.Expr:
    """``GETDATE() - 7``: a number added to a timestamp counts days, as it does for a date."""
    moment, count = node.this, node.expression
    if not isinstance(count, exp.Literal) or count.is_string or "." in str(count.this):
        return node
    interval = call("to_days", count.copy())
    name = str(moment.this).upper() if isinstance(moment, exp.Anonymous) else ""
    if isinstance(moment, exp.Column) or name in ("MIN", "MAX"):
        sign = exp.Literal.number(1) if isinstance(node, exp.Add) else exp.Literal.number(-1)
        return typed("_add", moment.copy(), exp.Mul(this=exp.Paren(this=sign), expression=count.copy()))
    if name in _TIMESTAMPS or (isinstance(moment, exp.Cast) and "TIMESTAMP" in moment.to.this.name):
        return type(node)(this=moment.copy(), expression=interval)
    return node


def _unnest(node: exp.Unnest) -> exp.Expr:
    """``FROM t, t.items AS i``: the elements of a SUPER array."""
    elements = [exp.cast(value, "JSON[]", dialect="duckdb") for value in node.expressions]
    return exp.Unnest(expressions=elements, alias=node.args.get("alias"))


def _when(node: exp.When) -> exp.Expr:
    """``WHEN NOT MATCHED THEN INSERT VALUES (...)``, which reads like a call of a function without a column list."""
    action = node.args.get("then")
    listed = action.this if isinstance(action, exp.Insert) else None
    call_of_values = listed.expressions[0] if isinstance(listed, exp.Tuple) and len(listed.expressions) == 1 else None
    if isinstance(action, exp.Insert) and isinstance(call_of_values, exp.Anonymous):
        action.set("this", None)
        action.set("expression", exp.Tuple(expressions=call_of_values.expressions))
    return node


def _respect_nulls(node: exp.RespectNulls) -> exp.Expr:
    inner: exp.Expr = node.this
    return inner


#: Of the standard's schema, the two views that must show the session's database alone, and declared types.
_INFORMATION = {"tables": "_information_tables", "columns": "_information_columns"}


def _table(node: exp.Table) -> exp.Expr:
    if node.db.lower() == "information_schema" and node.name.lower() in _INFORMATION:
        node.set("alias", node.args.get("alias") or exp.TableAlias(this=exp.to_identifier(node.name)))
        node.set("this", exp.to_identifier(_INFORMATION[node.name.lower()]))
        node.set("db", None)
    if node.db.lower() in _CATALOG_SCHEMAS and node.name.lower() in CATALOG_VIEWS:
        node.set("db", None)
    return node


def _bracket(node: exp.Bracket) -> exp.Expr:
    """``value[0]`` of a SUPER array, which sqlglot would count from 1."""
    if len(node.expressions) != 1:
        raise Unsupported("a slice of an array")
    return call("json_extract", node.this, _index(node.expressions[0]))


def _index(position: exp.Expr) -> exp.Expr:
    if isinstance(position, exp.Literal):
        return exp.Literal.string(f"$[{position.this}]" if not position.is_string else f'$."{position.this}"')
    return call("concat", exp.Literal.string("$["), position, exp.Literal.string("]"))


def _dot(node: exp.Dot) -> exp.Expr:
    """``value.key`` of a SUPER object."""
    key = node.expression
    if not isinstance(key, (exp.Identifier, exp.Column)):
        return node
    return call("json_extract", node.this, exp.Literal.string(f'$."{key.name}"'))


def _refuse_super_comparisons(tree: exp.Expr) -> None:
    """``d.items[0].name = 'x'`` compares the value; DuckDB would compare its JSON, quotes and all."""
    for comparison in list(tree.find_all(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)):
        for side in ("this", "expression"):
            value = comparison.args[side]
            if isinstance(value, (exp.Dot, exp.Bracket)):
                raise Unsupported(
                    f"comparing the SUPER value {value.sql('redshift')} as it is",
                    "cast it to the type of the other side",
                )


_REWRITERS: dict[type[exp.Expr], Callable[..., exp.Expr]] = {
    exp.Cast: _cast, exp.TryCast: _try_cast, exp.SimilarTo: _similar, exp.Escape: _escape,
    exp.Like: _like, exp.ILike: _like, exp.Extract: _extract, exp.Substring: text.substring,
    exp.CurrentTimestamp: _now, exp.CurrentUser: _user, exp.IgnoreNulls: _ignore_nulls,
    exp.RespectNulls: _respect_nulls, exp.Table: _table, exp.Bracket: _bracket, exp.Dot: _dot,
    exp.When: _when, exp.Unnest: _unnest, exp.Add: _days, exp.Sub: _days,
}  # fmt: skip
