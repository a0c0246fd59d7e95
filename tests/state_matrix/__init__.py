"""The state matrix: what a task makes of every state that a service documents, and of one that it does not.

``make state-matrix`` runs a small job of each kind on a local_aws of its own, has the service tell every state of it
in turn, and lets the library meet that state before it waits (a retry that looks for its job), while it waits (the
trigger) and after (the last look). Only the allow-list of the kind may come out green.
"""
