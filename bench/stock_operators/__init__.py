"""Nine ways in which the stock operators fail their users, each done to them and to ours on the same local_aws.

    python -m bench.stock_operators [--only 2 8]

The stock operators are those of the ``apache-airflow-providers-amazon`` in the lock, unchanged. What is told comes from
asking the service afterwards (which jobs exist, which run, what is served), never from what an operator says of itself.
Each line is a fact; where a stock operator behaves well after all, the line says so. Ends with 1 when ours does not.
"""
