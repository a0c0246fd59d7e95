"""Redshift's SQL, read and put into DuckDB's: no network, no files, no database."""
