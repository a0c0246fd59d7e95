"""The engine behind Redshift's SQL: DuckDB, with Redshift's functions, types and catalog on top."""
