"""``yard backfill``: past partitions of a model, planned from its ledger and run by Airflow's own backfill."""
