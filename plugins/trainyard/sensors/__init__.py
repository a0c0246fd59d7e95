"""Sensors wait for what others do: the source partition to be complete, the manifest to be published."""
