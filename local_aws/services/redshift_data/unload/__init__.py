"""UNLOAD: the result of a query as files on S3."""
