"""How long trouble is waited out, and how waits are spread."""

from __future__ import annotations

import random
import time

PATIENCE_SECONDS = 900.0  # the services' own outages of this kind are over in minutes; longer ones need a person
QUOTA_PATIENCE_SECONDS = 6 * 3600.0  # capacity and quota come back when other people's jobs end
LONGEST_PAUSE_SECONDS = 60.0


def spread(seconds: float) -> float:
    """Return a wait of about that length: many jobs started at once do not poll at once."""
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311 - a jitter, not a secret


class Patience:
    """Counts one stretch of trouble: how long it has lasted, and how long to pause before trying again."""

    def __init__(self, first_pause: float, bound: float = PATIENCE_SECONDS) -> None:
        self.first_pause = first_pause
        self.bound = bound
        self.since: float | None = None
        self.times = 0

    def over(self) -> None:
        """The trouble is over."""
        self.since, self.times = None, 0

    def trouble(self) -> bool:
        """There is trouble (again). Return whether it may still be waited out."""
        self.since = self.since or time.time()
        self.times += 1
        return time.time() - self.since < self.bound

    def pause(self) -> float:
        """Return how long to wait before the next try: twice as long each time, with jitter, up to a minute."""
        doubled = self.first_pause * 2.0 ** min(self.times, 16)
        return spread(min(LONGEST_PAUSE_SECONDS, doubled))
