"""Trainyard: the machine-learning lifecycle on AWS, as Airflow DAGs.

*dags say what, steps say how, operators wait, pure modules think.* Imports go one way: dags, steps, operators and
sensors, triggers, aws. Everything may use the pure modules (those directly in this folder, and ``requests``), which use
the standard library alone.
"""
