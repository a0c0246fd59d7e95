# Airflow with exactly what the DAGs need. DAGs and plugins are mounted, not copied: see docker-compose.yaml.
FROM apache/airflow:3.3.2-python3.11
COPY requirements-airflow.txt /requirements-airflow.txt
RUN pip install --no-cache-dir -r /requirements-airflow.txt
