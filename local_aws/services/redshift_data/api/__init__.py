"""The operations of the Redshift Data API."""
