"""The crash matrix: every kind of job, and everything that can happen to the task that waits for it.

``make crash-matrix`` starts an Airflow and a local_aws of its own, lets each kind of job suffer each scenario, counts
the jobs at the service, and prints what became of them. See ``scenarios`` for what is done and what must come of it.
"""
