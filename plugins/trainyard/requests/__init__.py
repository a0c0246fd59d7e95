"""What AWS wants: one file per family of calls, each a function from plain values to the call's parameters."""
