"""What the caller did wrong, in words that go to ``FailureReason`` or into an answer."""


class UserError(Exception):
    """Data or hyperparameters that cannot be used."""
