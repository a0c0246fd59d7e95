"""The demo of ``lead_scoring``: who of those that a marketing team may call will say yes."""
