"""Containers without Docker: an image is an environment, a container is a process with its own /opt/ml."""
