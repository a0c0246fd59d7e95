"""What may be deleted, and what never."""

from trainyard.retention import Config, orphaned, outdated

CONFIGS = [Config(f"m-v{number}", float(number), (f"model-{number}",)) for number in range(1, 7)]


def names(configs: list[Config]) -> list[str]:
    return [config.name for config in configs]


def test_the_newest_stay_and_so_does_what_is_live() -> None:
    assert names(outdated(CONFIGS, {"m-v6"}, keep=3)) == ["m-v1", "m-v2"]


def test_an_old_config_that_an_endpoint_uses_stays() -> None:
    assert names(outdated(CONFIGS, {"m-v6", "m-v1"}, keep=3)) == ["m-v2"]


def test_few_configs_all_stay() -> None:
    assert outdated(CONFIGS[:3], {"m-v3"}, keep=3) == []
    assert outdated([], set(), keep=0) == []


def test_a_model_that_another_config_uses_stays() -> None:
    shared = Config("m-v9", 9.0, ("model-1", "model-9"))
    assert orphaned(CONFIGS[:2], [shared]) == ["model-2"]
