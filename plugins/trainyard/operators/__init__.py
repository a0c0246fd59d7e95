"""Operators wait: they start work at AWS, hand the waiting to the triggerer, and check what came of it."""
