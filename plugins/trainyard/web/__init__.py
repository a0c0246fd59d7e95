"""What Trainyard adds to Airflow's web server."""
