"""Declared types of a query's columns, as far as they can be read off: DuckDB's own types have no widths."""

from sqlglot import exp

from local_aws.services.redshift_data.sql.plan import Catalog, Column
from local_aws.services.redshift_data.sql.types import RedshiftType, from_sqlglot


def declared_types(tree: exp.Expr, catalog: Catalog) -> list[RedshiftType | None]:
    """One entry per column of the query: the type declared for a plain column or a cast to a sized type, else None.

    [] where the columns cannot be counted without running the query, that is, for everything but a SELECT of tables.
    """
    query = tree.expression if isinstance(tree, exp.Create) else tree
    query = query.unnest() if isinstance(query, exp.Subquery) else query
    if not isinstance(query, exp.Select) or query.args.get("with_"):
        return []
    sources = _sources(query, catalog)
    found: list[RedshiftType | None] = []
    for item in query.expressions:
        if item.is_star:
            tables = [item.table] if isinstance(item, exp.Column) else list(sources)
            if not all(sources.get(table) for table in tables):
                return []
            found += [column.type for table in tables for column in sources[table]]
        else:
            found.append(_declared(item.unalias(), sources))
    return found


def _sources(query: exp.Select, catalog: Catalog) -> dict[str, list[Column]]:
    """The columns of each source of the FROM clause by its alias; [] for a subquery or function."""
    clause = query.args.get("from_")
    relations = [clause.this] if clause else []
    relations += [join.this for join in query.args.get("joins") or []]
    return {
        relation.alias_or_name: catalog.columns(relation) if isinstance(relation, exp.Table) else []
        for relation in relations
    }


def _declared(item: exp.Expr, sources: dict[str, list[Column]]) -> RedshiftType | None:
    if isinstance(item, exp.Cast):
        kind = from_sqlglot(item.to)
        return kind if kind.is_text else None
    if not isinstance(item, exp.Column):
        return None
    tables = [item.table] if item.table else list(sources)
    matches = [c.type for table in tables for c in sources.get(table, []) if c.name == item.name]
    return matches[0] if len(matches) == 1 else None
