"""A model server as a process: when it is healthy, and how it fails to be."""

import io
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_aws.containers.environments import Environments
from local_aws.containers.serving import ContainerDefinition, ContainerFailed, ServingContainer
from tests.local_aws.sagemaker_hosting.support import IMAGE, SERVE, Hosting

Container = Callable[..., ServingContainer]


@pytest.fixture
def container(hosting: Hosting) -> Iterator[Container]:
    """Makes containers that are not started yet; their logs are closed after the test."""
    world = hosting.local_aws.server.world
    logs = []

    def make(model_data: str, image: str = IMAGE) -> ServingContainer:
        logs.append(world.logs.stream("/aws/sagemaker/Endpoints/serving", hosting.name("A/i")))
        definition = ContainerDefinition(image, model_data, {}, None)
        return ServingContainer(world, Environments(world.root), definition, logs[-1])

    yield make
    for log in logs:
        log.close()


def folders(hosting: Hosting) -> set[Path]:
    """What containers have on disk now."""
    return set((hosting.local_aws.root / "serving").glob("*"))


def test_a_server_that_never_answers_ping_is_given_up_and_leaves_nothing(
    hosting: Hosting, container: Container
) -> None:
    before = folders(hosting)
    with pytest.raises(ContainerFailed, match="GET /ping did not answer 200 within 1 s") as failed:
        container(hosting.model_data(fails="ping")).start(1.0, threading.Event())
    assert "serving version 1" in failed.value.lines
    assert folders(hosting) == before


def test_a_start_that_is_canceled_ends_at_once(hosting: Hosting, container: Container) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(ContainerFailed, match="canceled"):
        container(hosting.model_data(fails="ping")).start(600.0, cancelled)


def test_model_data_may_be_a_prefix(hosting: Hosting, container: Container) -> None:
    prefix = hosting.name("plain")
    hosting.put(f"{prefix}/model.json", b'{"version": "plain", "echo": true}')
    uri = hosting.put(f"{prefix}/code/serve", SERVE.read_bytes()).removesuffix("code/serve")
    served = container(uri)
    served.start(30.0, threading.Event())
    assert served.connection.invoke(b"abc", {}, 5.0).body == b"ABC"
    served.stop()


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "code/../../evil"])
def test_an_archive_that_leads_out_of_its_folder_is_refused(hosting: Hosting, container: Container, name: str) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO(b""))
    uri = hosting.put(f"{hosting.name('evil')}/model.tar.gz", packed.getvalue())
    if name.startswith("/"):
        # The data filter takes the slash away: the file lands inside, and then there is no server.
        with pytest.raises(ContainerFailed, match='"serve": executable file not found'):
            container(uri).start(5.0, threading.Event())
    else:
        with pytest.raises(ContainerFailed, match="Failed to extract model data archive"):
            container(uri).start(5.0, threading.Event())
    assert not Path("/tmp/evil").exists()


def test_an_image_without_a_model_server_says_so(hosting: Hosting, container: Container) -> None:
    training = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.5.1-cpu-py311"
    with pytest.raises(ContainerFailed, match='"serve": executable file not found'):
        container(hosting.model_data(), training).start(5.0, threading.Event())
