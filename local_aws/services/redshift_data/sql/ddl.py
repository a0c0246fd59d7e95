"""CREATE, ALTER and DROP: what DuckDB keeps, and what is remembered beside it.

DuckDB has no widths, no keys that only inform, no IDENTITY. A column's declared type stands in its comment, a table's
physical attributes in the table's; both are part of DuckDB's own catalog, so they live and die with what they describe.
"""

import json
from dataclasses import asdict

from sqlglot import exp

from local_aws.services.redshift_data.errors import RedshiftError, Unsupported
from local_aws.services.redshift_data.sql.dialect import render
from local_aws.services.redshift_data.sql.physical import Physical
from local_aws.services.redshift_data.sql.plan import Catalog, Plan
from local_aws.services.redshift_data.sql.types import RedshiftType, from_sqlglot

#: Constraints that Redshift accepts, tells its planner, and never enforces.
_INFORMATIONAL = (exp.PrimaryKey, exp.ForeignKey, exp.UniqueColumnConstraint, exp.PrimaryKeyColumnConstraint,
                  exp.Reference, exp.Constraint, exp.CollateColumnConstraint)  # fmt: skip


def quoted(table: exp.Table) -> str:
    """The table's name for DuckDB."""
    return exp.table_(table.name, db=table.db or None, catalog=table.catalog or None, quoted=True).sql("duckdb")


def comment(kind: str, name: str, text: str) -> str:
    """A COMMENT ON statement."""
    return f"COMMENT ON {kind} {name} IS {exp.Literal.string(text).sql('duckdb')}"


def column_comments(table: exp.Table, types: dict[str, RedshiftType]) -> list[str]:
    """The declared types of columns, kept where DuckDB keeps comments."""
    name = quoted(table)
    return [comment("COLUMN", f'{name}."{column}"', kind.catalog) for column, kind in types.items()]


def create(tree: exp.Create, physical: Physical, catalog: Catalog) -> Plan:
    """CREATE TABLE, VIEW, SCHEMA and MATERIALIZED VIEW."""
    if tree.kind == "SCHEMA":
        tree.set("properties", None)
        return Plan("define", [render(tree)])
    if tree.kind == "VIEW":
        # A materialized view is a view here: always fresh, which REFRESH only makes it on Redshift.
        return Plan("define", [render(_without_properties(tree))])
    if tree.kind != "TABLE":
        raise Unsupported(f"CREATE {tree.kind}")
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    temporary = _is_temporary(tree, target)
    like = tree.find(exp.LikeProperty)
    guard = target.copy() if tree.args.get("exists") else None
    if like is not None:
        return _create_like(target, like, temporary, guard, catalog)
    prepare: list[str] = []
    comments: list[str] = []
    if isinstance(tree.this, exp.Schema) and tree.expression is None:
        prepare, types = _columns(tree.this, target)
        comments = column_comments(target, types)
    tree = _without_properties(tree)
    if temporary:
        tree.set("properties", exp.Properties(expressions=[exp.TemporaryProperty()]))
    comments.append(comment("TABLE", quoted(target), json.dumps(asdict(physical))))
    created = target.copy() if tree.expression is not None else None
    return Plan("define", [*prepare, render(tree), *comments], unless_exists=guard, created=created)


def _is_temporary(tree: exp.Create, target: exp.Table) -> bool:
    return target.name.startswith("#") or tree.find(exp.TemporaryProperty) is not None


def _without_properties(tree: exp.Create) -> exp.Create:
    tree = tree.copy()
    tree.set("properties", None)
    tree.set("no_schema_binding", None)
    return tree


def _create_like(
    target: exp.Table, like: exp.LikeProperty, temporary: bool, guard: exp.Table | None, catalog: Catalog
) -> Plan:
    """``CREATE TABLE x (LIKE y)`` copies the columns, with their declared types and NOT NULL."""
    columns = catalog.columns(like.this)
    if not columns:
        raise RedshiftError(f'relation "{like.this.sql("redshift")}" does not exist')
    with_defaults = any(option.name.upper() == "INCLUDING" for option in like.expressions)
    parts = [
        f'"{column.name}" {column.type.duckdb}'
        + ("" if column.nullable else " NOT NULL")
        + (f" DEFAULT {column.default}" if with_defaults and column.default else "")
        for column in columns
    ]
    kind = "TEMPORARY TABLE" if temporary else "TABLE"
    types = {column.name: column.type for column in columns}
    statement = f"CREATE {kind} {quoted(target)} ({', '.join(parts)})"
    return Plan("define", [statement, *column_comments(target, types)], unless_exists=guard)


def _columns(schema: exp.Schema, table: exp.Table) -> tuple[list[str], dict[str, RedshiftType]]:
    """Rewrite a column list in place; the statements that must run before, and the declared types."""
    prepare: list[str] = []
    types: dict[str, RedshiftType] = {}
    kept: list[exp.Expr] = []
    for part in schema.expressions:
        if isinstance(part, exp.ColumnDef):
            types[part.name] = from_sqlglot(part.kind or exp.DataType.build("varchar"))
            prepare += _define(part, types[part.name], table)
        elif isinstance(part, _INFORMATIONAL):
            continue
        kept.append(part)
    schema.set("expressions", kept)
    return prepare, types


def _define(column: exp.ColumnDef, kind: RedshiftType, table: exp.Table) -> list[str]:
    column.set("kind", exp.DataType.build(kind.duckdb, dialect="duckdb"))
    prepare: list[str] = []
    kept = []
    for constraint in column.args.get("constraints") or []:
        rule = constraint.args.get("kind")
        if isinstance(rule, _INFORMATIONAL):
            continue
        if isinstance(rule, exp.GeneratedAsIdentityColumnConstraint):
            sequence = exp.table_(f"{table.name}_{column.name}_seq", db=table.db or "public", quoted=True).sql("duckdb")
            start, step = rule.args.get("start") or "1", rule.args.get("increment") or "1"
            prepare.append(f"CREATE SEQUENCE IF NOT EXISTS {sequence} MINVALUE 0 START {start} INCREMENT {step}")
            default = exp.Anonymous(this="nextval", expressions=[exp.Literal.string(sequence)])
            constraint = exp.ColumnConstraint(kind=exp.DefaultColumnConstraint(this=default))
            kept.append(exp.ColumnConstraint(kind=exp.NotNullColumnConstraint()))
        kept.append(constraint)
    column.set("constraints", kept)
    return prepare


def alter(tree: exp.Alter) -> Plan:
    """ALTER TABLE: add, drop, rename and widen columns, rename the table."""
    statements: list[str] = []
    for action in tree.args.get("actions") or []:
        types: dict[str, RedshiftType] = {}
        if isinstance(action, exp.ColumnDef):
            types[action.name] = from_sqlglot(action.kind or exp.DataType.build("varchar"))
            _define(action, types[action.name], tree.this)
        elif isinstance(action, exp.AlterColumn) and action.args.get("dtype"):
            types[action.name] = from_sqlglot(action.args["dtype"])
            action.set("dtype", exp.DataType.build(types[action.name].duckdb, dialect="duckdb"))
        elif isinstance(action, exp.AddConstraint):
            continue  # Keys inform the planner only.
        elif not isinstance(action, (exp.Drop, exp.AlterRename, exp.RenameColumn)):
            raise Unsupported(f"ALTER TABLE ... {action.sql('redshift')}")
        one = tree.copy()
        one.set("actions", [action.copy()])
        statements += [render(one), *column_comments(tree.this, types)]
    return Plan("define" if statements else "nothing", statements)


def drop(tree: exp.Drop) -> Plan:
    """DROP of one or several tables, views or schemas; DuckDB drops one at a time."""
    if tree.args.get("kind") not in ("TABLE", "VIEW", "SCHEMA"):
        raise Unsupported(f"DROP {tree.args.get('kind')}")
    statements = []
    for target in tree.args.get("tables") or [tree.this]:
        one = tree.copy()
        one.set("tables", [target.copy()])
        one.set("materialized", None)
        statements.append(render(one))
    return Plan("define", statements)


def select_into(tree: exp.Select) -> exp.Create:
    """``SELECT ... INTO [TEMP] t`` as CREATE TABLE AS."""
    into = tree.args["into"]
    query = tree.copy()
    query.set("into", None)
    properties = exp.Properties(expressions=[exp.TemporaryProperty()]) if into.args.get("temporary") else None
    return exp.Create(this=into.this.copy(), kind="TABLE", expression=query, properties=properties)
