"""Which fleet, variant and instance answers a request, and the switch from one fleet to another."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from local_aws.containers.model_connection import ModelConnection
from local_aws.services.sagemaker.fleets import Fleet, Instance, Variant


class NoSuchVariant(Exception):
    """The request asks for a variant that the endpoint does not have."""


class NoInstance(Exception):
    """Nothing is in service for the request at this moment."""


@dataclass(frozen=True)
class Lease:
    """One request's place on an instance; the fleet is not stopped before it is given back."""

    variant: Variant
    instance: Instance
    connection: ModelConnection


class Router:
    """The traffic of one endpoint. A lease and a switch exclude one another, so no request meets a stopped fleet."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._split: list[tuple[Fleet, float]] = []

    def send(self, *split: tuple[Fleet, float]) -> None:
        """From now on send this share of the requests to each of these fleets, and none to any other."""
        with self._changed:
            self._split = [(fleet, share) for fleet, share in split if share > 0]
            for fleet, _ in self._split:
                fleet.credit = 0.0

    @contextmanager
    def lease(self, variant_name: str | None) -> Iterator[Lease]:
        """An instance for one request.

        :param variant_name: the variant asked for, or None for one by weight.
        :raises NoSuchVariant: when no fleet in service has it.
        :raises NoInstance: when nothing is in service.
        """
        with self._changed:
            fleet, lease = self._choose(variant_name)
            lease.instance.outstanding += 1
            fleet.leases += 1
        try:
            yield lease
        finally:
            with self._changed:
                lease.instance.outstanding -= 1
                fleet.leases -= 1
                self._changed.notify_all()

    def drain(self, fleet: Fleet, seconds: float) -> None:
        """Wait until the last request on a fleet that gets no new ones was answered, at most ``seconds``."""
        with self._changed:
            self._changed.wait_for(lambda: fleet.leases == 0, seconds)

    def retire(self, variant: Variant, instances: Sequence[Instance], seconds: float) -> None:
        """Send nothing more to these instances of a variant, and wait until they have answered what they got."""
        with self._changed:
            variant.instances = [each for each in variant.instances if each not in instances]
            self._changed.wait_for(lambda: not any(each.outstanding for each in instances), seconds)

    def _choose(self, variant_name: str | None) -> tuple[Fleet, Lease]:
        fleets = [pair for pair in self._split if variant_name is None or variant_name in pair[0].variants]
        if not fleets:
            raise NoSuchVariant if self._split else NoInstance
        fleet = choose(fleets)
        if variant_name is None:
            variant = choose([(variant, variant.weight) for variant in fleet.variants.values()])
        else:
            variant = fleet.variants[variant_name]
        ready = variant.least_busy()
        if ready is None:
            raise NoInstance
        instance, container = ready
        return fleet, Lease(variant, instance, container.connection)


class _Weighted(Protocol):
    """Something that is chosen in proportion to a weight; ``credit`` is what it is still owed."""

    credit: float


Choice = TypeVar("Choice", bound=_Weighted)


def choose(options: Sequence[tuple[Choice, float]]) -> Choice:
    """The next of weighted options: over any stretch each gets its exact share, where AWS draws lots.

    This is smooth weighted round robin: each turn everyone is owed their weight, and who is owed most is chosen and
    pays the total. Where all weights are zero, the first is chosen.
    """
    weighted = [(option, weight) for option, weight in options if weight > 0]
    if not weighted:
        return options[0][0]
    for option, weight in weighted:
        option.credit += weight
    chosen = max((option for option, _ in weighted), key=lambda option: option.credit)
    chosen.credit -= sum(weight for _, weight in weighted)
    return chosen
