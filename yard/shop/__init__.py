"""The demo of ``recommender``: who took which item in a shop."""
