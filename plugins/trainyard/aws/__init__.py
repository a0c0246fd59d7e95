"""Talking to AWS: clients from Airflow's connection, calls that say what their failures mean, S3 and logs."""
