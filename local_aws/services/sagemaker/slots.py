"""How many jobs run at once: the capacity of this machine, handed out in the order of asking."""

import os
import threading
from collections import deque
from collections.abc import Callable


class Slots:
    """A fair, interruptible limit.

    :param count: how many run at once; default LOCAL_AWS_JOBS, else the number of CPUs but at least two, so that a
        job which waits for another one does not wait for ever on a machine with one CPU.
    """

    def __init__(self, count: int | None = None) -> None:
        cpus = os.cpu_count() or 1
        self.count = count or int(os.environ.get("LOCAL_AWS_JOBS", max(2, cpus)))
        #: CPUs that one job may count on.
        self.cpus_each = max(1, cpus // self.count)
        self._changed = threading.Condition()
        self._queue: deque[object] = deque()
        self._taken = 0

    def take(self, gave_up: Callable[[], bool], on_wait: Callable[[], None]) -> bool:
        """Take a slot, waiting behind those who asked before; False when the caller gave up meanwhile.

        :param gave_up: asked again after each :meth:`wake`.
        :param on_wait: called once if there is no slot at once.
        """
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
            must_wait = not self._is_next(ticket)
        if must_wait:
            on_wait()
        with self._changed:
            self._changed.wait_for(lambda: self._is_next(ticket) or gave_up())
            self._queue.remove(ticket)
            # Whoever stood behind may be next now, be it that this one took a slot or gave up.
            self._changed.notify_all()
            if gave_up():
                return False
            self._taken += 1
            return True

    def release(self) -> None:
        """Give a slot back."""
        with self._changed:
            self._taken -= 1
            self._changed.notify_all()

    def wake(self) -> None:
        """Let all who wait ask again whether they gave up."""
        with self._changed:
            self._changed.notify_all()

    def _is_next(self, ticket: object) -> bool:
        free = self.count - self._taken
        return any(ticket is waiting for waiting in list(self._queue)[:free]) if free > 0 else False
