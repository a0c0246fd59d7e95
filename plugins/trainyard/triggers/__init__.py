"""Waiting, in the triggerer: no wait of Trainyard holds a worker."""
