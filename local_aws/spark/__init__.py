"""Spark on this machine: the pip package of pyspark, a Java that works, and ``s3://`` on the folders of the buckets."""
