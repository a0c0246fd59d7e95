"""One statement of Redshift's as a plan in DuckDB's words."""

from typing import TYPE_CHECKING

from sqlglot import exp

from local_aws.services.redshift_data.errors import RedshiftError, Unsupported
from local_aws.services.redshift_data.sql import commands, ddl, names, physical
from local_aws.services.redshift_data.sql.dialect import parse, render, syntax_error
from local_aws.services.redshift_data.sql.fit import fit
from local_aws.services.redshift_data.sql.lineage import declared_types
from local_aws.services.redshift_data.sql.plan import Catalog, Plan
from local_aws.services.redshift_data.sql.rewrite import rewrite
from local_aws.services.redshift_data.sql.statements import Source
from local_aws.services.redshift_data.sql.user_functions import create_function

if TYPE_CHECKING:
    from collections.abc import Callable

_CONTROL = {
    "BEGIN": "begin", "START": "begin", "COMMIT": "commit", "END": "commit", "ROLLBACK": "rollback",
    "ABORT": "rollback", "UNLOAD": "unload", "COPY": "copy",
}  # fmt: skip
#: The words that a statement of data or definitions begins with.
_BEGINNINGS = (
    "SELECT",
    "WITH",
    "(",
    "VALUES",
    "INSERT",
    "UPDATE",
    "DELETE",
    "MERGE",
    "CREATE",
    "ALTER",
    "DROP",
    "TRUNCATE",
)


def translate(source: Source, catalog: Catalog) -> Plan:
    """What the statement is going to do.

    :raises RedshiftError: for a syntax error, an unknown function, or something that local_aws does not support.
    """
    if source.word(0) in _CONTROL:
        return Plan(_CONTROL[source.word(0)])
    if commands.is_without_effect(source):
        return Plan("nothing")
    commands.refuse(source)
    if source.starts_with("SET"):
        return _set(source)
    if source.starts_with("CREATE", "DATABASE") or source.starts_with("DROP", "DATABASE"):
        return _database(source)
    if source.starts_with("EXPLAIN"):
        return _explain(source, catalog)
    if "FUNCTION" in (source.word(1), source.word(3)) and source.word(0) in ("CREATE", "DROP"):
        return create_function(source, lambda query: translate(query, catalog).statements[0])
    return _statement(source, catalog)


def _statement(source: Source, catalog: Catalog) -> Plan:
    if source.word(0) not in _BEGINNINGS:
        raise syntax_error(source.tokens[0], source.text)
    tokens, stored = physical.strip(source)
    tree = parse(tokens, source.text)
    names.fold(tree)
    tables = sorted({table.sql("redshift").partition(" AS ")[0] for table in tree.find_all(exp.Table) if table.name})
    if isinstance(tree, exp.Select) and tree.args.get("into"):
        tree = ddl.select_into(tree)
    declared = declared_types(tree, catalog)
    names.name_columns(tree)
    tree = rewrite(tree, catalog)
    fit(tree, catalog)
    plan = _plan(tree, stored, catalog)
    plan.tables, plan.columns = tables, declared
    return plan


def _plan(tree: exp.Expr, stored: physical.Physical, catalog: Catalog) -> Plan:
    definitions: dict[type[exp.Expr], Callable[..., Plan]] = {exp.Alter: ddl.alter, exp.Drop: ddl.drop}
    if isinstance(tree, exp.Create):
        return ddl.create(tree, stored, catalog)
    if type(tree) in definitions:
        return definitions[type(tree)](tree)
    if isinstance(tree, exp.Delete) and not tree.this and tree.args.get("tables"):
        # DELETE t WHERE ...: FROM may be left out in Redshift.
        tree.set("this", tree.args["tables"][0])
        tree.set("tables", None)
    if isinstance(tree, exp.TruncateTable):
        return Plan("define", [render(tree)])
    if isinstance(tree, (exp.Insert, exp.Update, exp.Delete, exp.Merge)):
        return Plan("write", [render(tree)])
    if isinstance(tree, (exp.Query, exp.Values)):
        return Plan("query", [render(tree)])
    raise RedshiftError(f'syntax error at or near "{tree.sql("redshift")[:40]}"')


def _explain(source: Source, catalog: Catalog) -> Plan:
    skipped = 2 if source.word(1) == "VERBOSE" else 1
    plan = translate(Source(source.text, source.tokens[skipped:]), catalog)
    if len(plan.statements) != 1:
        raise Unsupported("EXPLAIN of this statement")
    return Plan("query", [f"EXPLAIN {plan.statements[0]}"], plan.tables)


def _set(source: Source) -> Plan:
    """The two settings that change what statements mean; unknown ones are refused, known ones without effect pass."""
    name, words = source.word(1), source.tokens[3:]
    if name not in ("SEARCH_PATH", "TIMEZONE") or source.word(2) not in ("TO", "="):
        raise Unsupported(f"SET {name}")
    values = [token.text for token in words if token.text != ","]
    if name == "TIMEZONE":
        return Plan("set_timezone", values)
    return Plan("set_search_path", [value.lower() for value in values if value.lower() not in ("$user", "'$user'")])


def _database(source: Source) -> Plan:
    if len(source.tokens) < 3:
        raise syntax_error(None, source.text)
    kind = "create_database" if source.word(0) == "CREATE" else "drop_database"
    return Plan(kind, [source.tokens[2].text.lower()])
