"""Makes Trainyard known to Airflow. The library beside it is imported by DAGs, workers and the triggerer."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin


class TrainyardPlugin(AirflowPlugin):
    """The name under which Airflow lists what Trainyard adds to it."""

    name = "trainyard"
