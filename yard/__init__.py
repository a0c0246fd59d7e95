"""The command line of Trainyard: ``python -m yard``.

It starts Airflow and local_aws on this machine and ends them, loads data into the warehouse, releases code, runs a
model's DAG, follows it and reports. It knows Airflow by its REST API and everything else by boto3.
"""
