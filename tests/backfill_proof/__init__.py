"""A year of partitions, backfilled while things are killed (``make backfill-proof``).

Weekly partitions of the recommender are backfilled by the one command, with small jobs, in a checkout and on services
of the proof's own. On the way a worker and local_aws are killed, once each. At the end each partition has one result,
no job was done twice, and what is live is what was live before. Then one SQL file is touched, and what depends on it,
and nothing else, is built again.
"""
