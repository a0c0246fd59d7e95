"""Widths of CHAR and VARCHAR columns, held where rows are written.

Redshift refuses a value longer than its column in INSERT, UPDATE and MERGE, counting bytes; DuckDB has no widths. So
each value on its way into such a column goes through the macro ``_fit``, which refuses it in Redshift's words.
"""

from sqlglot import exp

from local_aws.services.redshift_data.sql.functions import call
from local_aws.services.redshift_data.sql.plan import Catalog, Column


def fit(tree: exp.Expr, catalog: Catalog) -> None:
    """Guard the values that an INSERT, UPDATE or MERGE writes. Runs on a rewritten tree."""
    if isinstance(tree, exp.Insert):
        _fit_insert(tree, catalog)
    elif isinstance(tree, exp.Update) and isinstance(tree.this, exp.Table):
        _fit_assignments(tree.expressions, catalog.columns(tree.this))
    elif isinstance(tree, exp.Merge) and isinstance(tree.this, exp.Table):
        columns = catalog.columns(tree.this)
        for when in tree.find_all(exp.When):
            action = when.args.get("then")
            if isinstance(action, exp.Update):
                _fit_assignments(action.expressions, columns)
            elif isinstance(action, exp.Insert) and isinstance(action.expression, exp.Tuple):
                _fit_tuple(action.expression, _targets(action.this, columns))


def _fitted(value: exp.Expr, column: Column) -> exp.Expr:
    if not column.type.is_text or isinstance(value, exp.Null) or value.name.lower() == "default":
        return value.copy()
    width, kind = exp.Literal.number(column.type.length), exp.Literal.string(column.type.base)
    return call("_fit", value.copy(), width, kind)


def _fit_assignments(assignments: list[exp.Expr], columns: list[Column]) -> None:
    by_name = {column.name: column for column in columns}
    for assignment in assignments:
        column = by_name.get(assignment.this.name)
        if column:
            assignment.set("expression", _fitted(assignment.expression, column))


def _targets(names: exp.Expr | None, columns: list[Column]) -> list[Column]:
    """The columns that values go to: the ones listed, else all in order."""
    if not isinstance(names, (exp.Schema, exp.Tuple)):
        return columns
    by_name = {column.name: column for column in columns}
    listed = [by_name.get(name.name) for name in names.expressions]
    return [column for column in listed if column] if all(listed) else []


def _fit_tuple(values: exp.Tuple, targets: list[Column]) -> None:
    if len(values.expressions) == len(targets):
        values.set("expressions", [_fitted(v, c) for v, c in zip(values.expressions, targets, strict=True)])


def _fit_insert(insert: exp.Insert, catalog: Catalog) -> None:
    table = insert.this.this if isinstance(insert.this, exp.Schema) else insert.this
    targets = _targets(insert.this, catalog.columns(table))
    source = insert.expression
    if not any(column.type.is_text for column in targets) or source is None:
        return
    if isinstance(source, exp.Values):
        for row in source.expressions:
            if isinstance(row, exp.Tuple):
                _fit_tuple(row, targets)
        return
    query = source.unnest() if isinstance(source, exp.Subquery) else source
    if not isinstance(query, exp.Query):
        return
    names = [exp.to_identifier(f"c{index}") for index in range(len(targets))]
    alias = exp.TableAlias(this=exp.to_identifier("_source"), columns=names)
    values = [_fitted(exp.column(name.copy()), column) for name, column in zip(names, targets, strict=True)]
    insert.set("expression", exp.Select(expressions=values).from_(exp.Subquery(this=query.copy(), alias=alias)))
