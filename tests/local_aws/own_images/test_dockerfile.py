"""What is read of a Dockerfile: Docker's own reference says what it means."""

import pytest

from local_aws.containers.dockerfile import BadDockerfile, read


def test_the_two_forms_of_a_command() -> None:
    assert read('FROM a\nENTRYPOINT ["python3", "-m", "scoring"]').entrypoint == ["python3", "-m", "scoring"]
    assert read("FROM a\nENTRYPOINT python3 -m scoring").entrypoint == ["/bin/sh", "-c", "python3 -m scoring"]
    assert read('FROM a\nCMD ["serve"]').command == ["serve"]


def test_a_later_command_replaces_an_earlier_one_and_an_entrypoint_forgets_the_command() -> None:
    told = read('FROM a\nCMD ["x"]\nENTRYPOINT ["y"]\nENTRYPOINT ["z"]')
    assert (told.entrypoint, told.command) == (["z"], [])


def test_variables_refer_to_earlier_ones_and_the_path_to_the_process_own() -> None:
    told = read(
        'FROM a\nARG HOME_OF=/opt/program\nENV A=1 B="two words"\nENV C=${B}/$A D=${NONE:-other} E ="x"\n'
        "ENV PATH=$HOME_OF:${PATH}\nENV OLD form of it\n"
    )
    assert told.variables["A"] == "1"
    assert told.variables["C"] == "two words/1"
    assert told.variables["D"] == "other"
    assert told.variables["PATH"] == "/opt/program:${PATH}"
    assert told.variables["OLD"] == "form of it"


def test_lines_go_on_after_a_backslash_and_comments_between_them_are_none() -> None:
    told = read(
        "# syntax=docker/dockerfile:1\nFROM a\nENV A=1 \\\n  # why\n  B=2 \\\n\n  C=3\nWORKDIR /opt/x\nWORKDIR y\n"
    )
    assert told.variables == {"A": "1", "B": "2", "C": "3"}
    assert told.workdir == "/opt/x/y"


def test_the_last_stage_counts_with_what_it_inherits() -> None:
    told = read('FROM a AS base\nENV A=1\nFROM b AS build\nENV B=2\nRUN make\nFROM base\nENV C=3\nENTRYPOINT ["run"]\n')
    assert told.variables == {"A": "1", "C": "3"}
    assert told.not_done == []


def test_every_way_to_call_pip_is_known() -> None:
    told = read(
        "FROM a\nWORKDIR /opt/w\nRUN apt-get update && apt-get install -y gcc \\\n"
        "  && pip install --no-cache-dir a==1 'b>=2'\n"
        'RUN ["pip3", "install", "c"]\nRUN PIP_X=1 python3 -m pip install -r list.txt; /usr/bin/pip3.11 install d\n'
        "RUN uv pip install --system e > /dev/null\n"
    )
    assert told.installed == [
        ("/opt/w", ["--no-cache-dir", "a==1", "b>=2"]),
        ("/opt/w", ["c"]),
        ("/opt/w", ["-r", "list.txt"]),
        ("/opt/w", ["d"]),
        ("/opt/w", ["--system", "e"]),
    ]


def test_what_a_build_would_do_is_told() -> None:
    told = read(
        "FROM a\nRUN apt-get install -y r-base\nRUN pip install a\nRUN chmod +x /opt/program/train\nUSER 1000\n"
    )
    assert told.not_done == ["RUN apt-get install -y r-base"]
    assert told.executables == ["/opt/program/train"]


def test_copies_are_relative_to_the_working_directory() -> None:
    told = read('FROM a\nWORKDIR /opt/w\nCOPY --chmod=755 a b ./\nCOPY ["c d", "e"]\nADD f /opt/g/\n')
    assert [(copied.sources, copied.target, copied.as_folder, copied.executable) for copied in told.copied] == [
        (("a", "b"), "/opt/w", True, True),
        (("c d",), "/opt/w/e", False, False),
        (("f",), "/opt/g", True, False),
    ]


def test_what_another_image_or_the_network_gives_is_left_out_unless_a_container_needs_it() -> None:
    assert read("FROM a\nCOPY --from=uv /uv /bin/\n").not_done == ["COPY --from=uv /uv /bin/"]
    for line in ("COPY --from=uv /uv /opt/bin/", "ADD https://example.com/a /opt/a", "ADD code.tar.gz /opt/program/"):
        with pytest.raises(BadDockerfile, match=r"^line 2: local_aws copies files of the image's own folder only"):
            read(f"FROM a\n{line}\n")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it has no FROM"),
        ("ENV A=1\nFROM a", "line 1: ENV stands before FROM"),
        ("FROM a\nRNU x", "line 2: local_aws does not know the instruction RNU"),
        ("FROM a\nRUN <<EOF\nx\nEOF", "line 2: local_aws does not read here-documents"),
        ("FROM a\nENV A='1", "line 2: No closing quotation"),
        ("FROM a\nRUN x \\", "line 2: it goes on after the end"),
        ("FROM a\nCOPY x", "line 2: COPY needs a source and a target"),
        (
            "FROM 763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.5.1-cpu-py311",
            "line 1: local_aws does not",
        ),
    ],
)
def test_a_wrong_line_is_named(text: str, problem: str) -> None:
    with pytest.raises(BadDockerfile) as bad:
        read(text)
    assert str(bad.value).startswith(problem)
