"""A stand-in for AWS that does the work: SQL runs, Spark runs, models train, endpoints answer."""

__version__ = "0.1.0"
