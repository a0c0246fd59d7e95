"""ListDatabases, ListSchemas, ListTables, DescribeTable."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlglot import exp

from local_aws.errors import AwsError
from local_aws.service import Call
from local_aws.services.redshift_data.api.paging import page
from local_aws.services.redshift_data.api.target import target_of
from local_aws.services.redshift_data.errors import RedshiftError
from local_aws.services.redshift_data.runner import Runner
from local_aws.services.redshift_data.sql.plan import Column
from local_aws.services.redshift_data.warehouse.catalog import DuckCatalog, Relation
from local_aws.services.redshift_data.warehouse.engine import Engine


class CatalogApi:
    """What the databases hold."""

    def __init__(self, runner: Runner, engine: Engine) -> None:
        self._runner = runner
        self._engine = engine

    def list_databases(self, call: Call) -> dict[str, Any]:
        """ListDatabases."""
        target_of({"Database": "dev", **call.params})
        return page("Databases", self._engine.databases(), call.params)

    def list_schemas(self, call: Call) -> dict[str, Any]:
        """ListSchemas."""
        with self._catalog(call) as catalog:
            found = catalog.schemas(call.params["Database"].lower(), call.params.get("SchemaPattern", "%"))
        return page("Schemas", found, call.params)

    def list_tables(self, call: Call) -> dict[str, Any]:
        """ListTables."""
        schemas, tables = call.params.get("SchemaPattern", "%"), call.params.get("TablePattern", "%")
        with self._catalog(call) as catalog:
            found = catalog.relations(call.params["Database"].lower(), schemas, tables)
        listed = [{"name": one.name, "schema": one.schema, "type": one.kind} for one in found]
        return page("Tables", listed, call.params)

    def describe_table(self, call: Call) -> dict[str, Any]:
        """DescribeTable: the columns of one table, or of all that match."""
        database, table = call.params["Database"].lower(), call.params.get("Table", "").lower()
        with self._catalog(call) as catalog:
            found = catalog.relations(database, call.params.get("Schema", "%"), table or "%")
            columns = [
                _column(relation, column)
                for relation in found
                for column in catalog.columns(exp.table_(relation.name, db=relation.schema, catalog=database))
            ]
        answer = page("ColumnList", columns, call.params)
        return {**answer, "TableName": table} if table else answer

    @contextmanager
    def _catalog(self, call: Call) -> Iterator[DuckCatalog]:
        about = target_of(call.params)
        session = None
        try:
            session = self._runner.open(about["Database"], about["DbUser"])
            self._engine.require(call.params["Database"].lower())
            yield session.catalog
        except RedshiftError as error:
            raise AwsError("ValidationException", str(error)) from error
        finally:
            if session is not None:
                session.close()


def _column(relation: Relation, column: Column) -> dict[str, Any]:
    kind = column.type
    described = {
        "name": column.name, "label": column.name, "typeName": kind.name, "schemaName": relation.schema,
        "tableName": relation.name, "nullable": int(column.nullable), "length": kind.length or kind.shown_precision,
        "precision": kind.shown_precision, "scale": kind.shown_scale, "isCaseSensitive": kind.is_text,
        "isCurrency": False, "isSigned": kind.name in ("int2", "int4", "int8", "float4", "float8", "numeric"),
    }  # fmt: skip
    return {**described, "columnDefault": column.default} if column.default else described
