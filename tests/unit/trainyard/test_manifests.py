import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.trainyard.made_up import RUN
from trainyard.errors import ManifestError
from trainyard.manifests import File, Manifest, parse

PLACE = RUN.place("unload", "3f9c2a1b7d-1")
NOW = datetime(2026, 2, 9, 3, tzinfo=UTC)
FILES = [File(f"{PLACE.prefix}data/0001.parquet", 20, 2), File(f"{PLACE.prefix}data/0000.parquet", 10, 1)]


def made(files: list[File] | None = None, **more: Any) -> Manifest:
    chosen = FILES if files is None else files
    return Manifest.make(PLACE, chosen, created_at=NOW, code_version="abc", **more)


def test_a_manifest_survives_being_written_and_read() -> None:
    manifest = made(made_from=["s3://b/code/abc/sql/x.sql"], facts={"statement": "id"})
    assert parse(manifest.dump(), PLACE.manifest) == manifest


def test_rows_and_bytes_are_added_up() -> None:
    assert (made().rows, made().size, made().outcome) == (3, 30, "complete")


def test_no_files_and_no_rows_are_an_outcome_with_a_name() -> None:
    assert (made([]).outcome, made([]).rows) == ("empty", 0)
    assert made([File(f"{PLACE.prefix}data/0.parquet", 5, 0)]).outcome == "empty"


def test_files_without_known_rows_are_complete() -> None:
    manifest = made([File(f"{PLACE.prefix}model.tar.gz", 5)])
    assert (manifest.outcome, manifest.rows) == ("complete", None)


def test_the_digest_is_of_what_is_said_not_of_when() -> None:
    later = Manifest.make(PLACE, FILES, created_at=datetime(2027, 1, 1, tzinfo=UTC), code_version="abc")
    assert made().digest == later.digest
    assert made().digest != made(FILES[:1]).digest


def test_a_file_of_somebody_else_is_refused() -> None:
    with pytest.raises(ManifestError, match="3f9c2a1b7d-10/x"):
        made([File("recommender/2026-02-02/unload/3f9c2a1b7d-10/x", 1)])


def test_a_file_that_is_listed_twice_is_refused() -> None:
    with pytest.raises(ManifestError, match=r"0001\.parquet.*twice"):
        made([FILES[0], FILES[0]])


def sizes(**changes: int | None) -> dict[str, int]:
    found = {file.key: file.size for file in FILES}
    for name, size in changes.items():
        key = next(key for key in found if name in key)
        del found[key]
        if size is not None:
            found[key] = size
    return found


def test_what_is_whole_passes() -> None:
    made().check_files(sizes() | {f"{PLACE.prefix}extra": 3})


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ManifestError, match=r"0001\.parquet.*not exist"):
        made().check_files(sizes(**{"0001": None}))


def test_a_file_of_another_size_is_named() -> None:
    with pytest.raises(ManifestError, match=r"0000\.parquet.*has 9 bytes"):
        made().check_files(sizes(**{"0000": 9}))


def test_an_object_that_is_not_listed_is_named() -> None:
    keys = [file.key for file in made().files]
    made().check_nothing_else(keys)
    with pytest.raises(ManifestError, match=r"data/extra_part_000\.parquet"):
        made().check_nothing_else([*keys, f"{PLACE.prefix}data/extra_part_000.parquet"])


def test_rows_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ManifestError, match=r"says 4 rows.*add up to 3"):
        made(rows=4).check_files(sizes())


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    data = json.loads(made().dump())
    change(data)
    return json.dumps(data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        changed(lambda data: data.update(format=2)),
        changed(lambda data: data.pop("files")),
        changed(lambda data: data.pop("outcome")),
        changed(lambda data: data.update(outcome="fine")),
        changed(lambda data: data.update(surprise=1)),
        changed(lambda data: data["files"][0].update(size="20")),
        changed(lambda data: data["files"][0].update(size=-1)),
        changed(lambda data: data["files"][0].update(rows=-1)),
        changed(lambda data: data["files"][0].pop("key")),
    ],
)
def test_a_manifest_that_is_none_is_refused_with_its_uri(text: str) -> None:
    with pytest.raises(ManifestError, match=PLACE.manifest):
        parse(text, PLACE.manifest)


def test_a_channel_lists_the_files_of_the_wanted_folders_only() -> None:
    names = [
        "train/part-0.parquet",
        "train/_SUCCESS",
        "test/part-0.parquet",
        "score_requests/part-0.txt",
        "summary.json",
    ]
    manifest = made([File(f"{PLACE.prefix}{name}", 1) for name in names])
    assert manifest.folders() == ("score_requests", "test", "train")
    assert manifest.channel(RUN.bucket, "train", "test") == [
        {"prefix": PLACE.uri}, "test/part-0.parquet", "train/part-0.parquet",
    ]  # fmt: skip
    assert manifest.channel(RUN.bucket, "score_requests") == [{"prefix": f"{PLACE.uri}score_requests/"}, "part-0.txt"]


def test_a_channel_leaves_out_files_without_bytes() -> None:
    manifest = made(
        [File(f"{PLACE.prefix}score_requests/part-0.txt", 0), File(f"{PLACE.prefix}score_requests/part-1.txt", 9)]
    )
    assert manifest.channel(RUN.bucket, "score_requests")[1:] == ["part-1.txt"]
