"""Which ports the services get."""

import socket
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import pytest

from yard import ports
from yard.errors import YardError
from yard.home import Home
from yard.ports import Ports


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, tmp_path)


@pytest.fixture
def held() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def test_the_usual_ports_are_taken_where_they_are_free() -> None:
    assert ports.choose(Ports(), free=lambda _: True) == Ports(4566, 8080, 8793)


def test_a_port_that_is_held_gives_way_to_the_next_free_one() -> None:
    assert ports.choose(Ports(), free=lambda port: port not in {8080, 8081}) == Ports(4566, 8082, 8793)


def test_no_two_services_get_the_same_port() -> None:
    chosen = ports.choose(Ports(8080, 8080, 8080), free=lambda _: True)
    assert len(set(astuple(chosen))) == 3


def test_when_no_port_is_free_the_error_says_what_to_do() -> None:
    with pytest.raises(YardError, match="No port from 4566") as raised:
        ports.choose(Ports(), free=lambda _: False)
    assert "TRAINYARD_PORTS" in raised.value.remedy


def test_a_port_somebody_listens_on_is_not_free_whatever_address_they_chose(held: int) -> None:
    assert not ports.is_free(held)


def test_a_port_is_free_again_once_its_holder_is_gone() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
    assert ports.is_free(port)


def test_the_holder_of_a_port_is_named(held: int) -> None:
    assert "process" in ports.holder(held)


def test_a_choice_is_kept_for_the_next_time(home: Home) -> None:
    ports.keep(home, Ports(4567, 8081, 8794))
    assert ports.wanted_ports(home, None) == Ports(4567, 8081, 8794)


def test_the_variable_is_stronger_than_what_was_kept(home: Home) -> None:
    ports.keep(home, Ports(4567, 8081, 8794))
    assert ports.wanted_ports(home, "1000,2000,3000") == Ports(1000, 2000, 3000)


def test_a_kept_file_that_is_half_written_counts_as_none(home: Home) -> None:
    (home.state / "ports.json").write_text('{"local_aws": 45')
    assert ports.wanted_ports(home, None) == Ports()


@pytest.mark.parametrize("variable", ["8080", "a,b,c", "1,2,3,4", "0,1,2", "1,2,70000"])
def test_a_wrong_variable_is_refused_with_an_example(home: Home, variable: str) -> None:
    with pytest.raises(YardError, match="TRAINYARD_PORTS is") as raised:
        ports.wanted_ports(home, variable)
    assert "4566,8080,8793" in raised.value.remedy
