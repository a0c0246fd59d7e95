"""COPY: files on S3 into a table."""
