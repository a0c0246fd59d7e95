import pytest

from trainyard.job import tags_of
from trainyard.names import Identity, digest_of
from trainyard.owners import owner_of, sign, signed

RUN = "scheduled__2026-02-02T00:00:00+00:00"


def tags(run: str = RUN, task: str = "learn.train") -> dict[str, str]:
    return tags_of(bucket="b", model="m", partition="2026-02-02", dag_id="shop", run_id=run, task_id=task)


def name(run: str = RUN, map_index: int = -1, generation: int = 1, replacement: int = 0) -> str:
    digest = digest_of("shop", run, "learn.train", map_index)
    return Identity("learn.train", digest, generation, 0).job_name("m", replacement)


@pytest.mark.parametrize("tail", ["", ".0a1b2c3d", "-0a1b2c3d", "-001-5e7f9a1b"])
def test_the_owner_is_proven_by_the_digest_in_the_name(tail: str) -> None:
    owner = owner_of(name(generation=3, replacement=2) + tail, tags())
    assert owner is not None
    assert (owner.dag, owner.run, owner.task, owner.generation) == ("shop", RUN, "learn.train", 3)


def test_a_mapped_task_is_an_owner_as_well() -> None:
    assert owner_of(name(map_index=17), tags()) is not None


@pytest.mark.parametrize(
    ("named", "tagged"),
    [
        ("m-train-abcdefabcd-1", tags()),
        (name(), tags(run="another")),
        (name(), tags(task="learn.evaluate")),
        (name(), {}),
        ("anything", tags()),
        (name(run="übung~1"), tags(run="übung~1")),  # tags lose what AWS does not take, so they prove nothing
    ],
)
def test_what_does_not_fit_proves_nothing(named: str, tagged: dict[str, str]) -> None:
    assert owner_of(named, tagged) is None


@pytest.mark.parametrize("run", [RUN, "manual__2026-02-02", "it's */ a -- trap; :name $$ {x}"])
def test_what_is_signed_is_read_back_and_ends_no_comment(run: str) -> None:
    text = sign(tags(run))
    assert signed(f"/* {text} */\nUNLOAD ($$SELECT 1$$)") == tags(run)
    assert not set(text) & set("*/'\"$;:\n{}")


def test_a_text_without_a_signature_says_nothing() -> None:
    assert signed("SELECT 'trainyard is nice'") == {}
