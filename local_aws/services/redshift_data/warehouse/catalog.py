"""What a session's database holds: tables with their declared columns, functions, schemas."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from local_aws.services.redshift_data.sql.plan import Column
from local_aws.services.redshift_data.sql.types import RedshiftType, from_catalog, from_duckdb

Query = Callable[..., list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Relation:
    """A table or view, as ListTables shows it."""

    schema: str
    name: str
    kind: str


class DuckCatalog:
    """The catalog of one session, asked anew each time: another session may have changed it.

    :param query: runs a query of DuckDB's with parameters in the session and returns its rows.
    """

    def __init__(self, query: Query) -> None:
        self._query = query

    def columns(self, table: exp.Table) -> list[Column]:
        """The columns of a table; a temporary one hides a permanent one, the search path decides the rest."""
        rows = self._query(
            "SELECT database_name, schema_name, column_name, data_type, comment, is_nullable, column_default "
            "FROM duckdb_columns() WHERE lower(table_name) = ? AND NOT internal "
            "AND (database_name = 'temp' OR lower(database_name) = ?) ORDER BY column_index",
            table.name.lower(),
            table.catalog.lower() or self.database(),
        )
        schemas = [("temp", "main")] if not table.db else []
        schemas += [(database, schema) for database, schema in self._search(table)]
        for place in schemas:
            found = [row for row in rows if (row[0], row[1]) == place]
            if found:
                return [Column(row[2], _declared(row[3], row[4]), row[5], row[6]) for row in found]
        return []

    def _search(self, table: exp.Table) -> list[tuple[str, str]]:
        database = table.catalog.lower() or self.database()
        if table.db:
            return [(database, table.db.lower())]
        return [(database, schema) for schema in self.search_path()]

    def search_path(self) -> list[str]:
        """The schemas that an unqualified name is looked up in."""
        rows = self._query("SELECT unnest(current_schemas(false))")
        return [row[0] for row in rows]

    def database(self) -> str:
        """The database of the session."""
        return str(self._query("SELECT current_database()")[0][0])

    def has_function(self, name: str) -> bool:
        """Whether CREATE FUNCTION made one of that name."""
        return bool(
            self._query(
                "SELECT 1 FROM duckdb_functions() WHERE function_type = 'macro' AND NOT internal "
                "AND database_name = current_database() AND lower(function_name) = ?",
                name,
            )
        )

    def schemas(self, database: str, pattern: str = "%") -> list[str]:
        """The schemas of a database; the ones of the engine are left out."""
        rows = self._query(
            "SELECT schema_name FROM duckdb_schemas() WHERE database_name = ? AND NOT internal "
            r"AND schema_name LIKE ? ESCAPE '\' ORDER BY 1",
            database,
            pattern,
        )
        return [row[0] for row in rows]

    def relations(self, database: str, schemas: str = "%", tables: str = "%") -> list[Relation]:
        """The tables and views whose names match the patterns."""
        rows = self._query(
            "SELECT schema_name, name, kind FROM ("
            "SELECT database_name, schema_name, table_name AS name, 'TABLE' AS kind FROM duckdb_tables() "
            "WHERE NOT internal "
            "UNION ALL SELECT database_name, schema_name, view_name, 'VIEW' FROM duckdb_views() WHERE NOT internal) "
            r"WHERE database_name = ? AND schema_name LIKE ? ESCAPE '\' AND name LIKE ? ESCAPE '\' ORDER BY 1, 2",
            database,
            schemas,
            tables,
        )
        return [Relation(*row) for row in rows]


def _declared(duckdb_type: str, comment: str | None) -> RedshiftType:
    return from_catalog(comment) if comment else from_duckdb(duckdb_type)
