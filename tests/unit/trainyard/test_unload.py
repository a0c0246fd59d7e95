"""The author's SQL reaches Redshift unchanged, whatever is in it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlglot.dialects.redshift import Redshift

from tests.unit.trainyard.made_up import SETTINGS, job
from trainyard.errors import InputError
from trainyard.requests.unload import literal, quoted, statement, unload

sql_texts = st.text(alphabet=st.sampled_from("aA1 '\"$\\;-/*\n\t(),=éß漢\u200b"), max_size=60)


def read_back(text: str) -> str:
    """What Redshift reads in a literal: written anew from its documentation, not from the code under test."""
    if text.startswith("$$"):
        end = text.index("$$", 2)
        assert end == len(text) - 2, "the literal ends too early"
        return text[2:end]
    assert text.startswith("'")
    out, at = [], 1
    while True:
        if text[at] == "\\":
            out.append(text[at + 1])
            at += 2
        elif text[at : at + 2] == "''":
            out.append("'")
            at += 2
        elif text[at] == "'":
            assert at == len(text) - 1, "the literal ends too early"
            return "".join(out)
        else:
            out.append(text[at])
            at += 1


@given(sql_texts)
@example("SELECT coalesce(a,''), coalesce(b,'')")
@example("WHERE a <> '' AND b <> ''")
@example("SELECT 'O''Brien', 'D''Arcy'")
@example("SELECT '$$', '\\\\d+$'")
@example("ends in $")
@example("ends in \\")
def test_any_text_is_read_back_unchanged(text: str) -> None:
    assert read_back(literal(text)) == text


@given(sql_texts)
def test_any_text_is_read_back_unchanged_between_quotes_too(text: str) -> None:
    assert read_back(quoted(text)) == text


@given(sql_texts)
def test_a_tokenizer_of_redshift_sees_one_literal(text: str) -> None:
    tokens = Redshift.Tokenizer().tokenize(f"SELECT {quoted(text)}")
    assert [token.token_type.name for token in tokens] == ["SELECT", "STRING"]
    assert tokens[1].text == text


def test_the_statement_says_role_key_format_and_manifest_and_holds_no_key() -> None:
    sql = unload(job("unload"), "SELECT user_id FROM shop.interactions WHERE user_id <> ''")["Sql"]
    assert "UNLOAD ($$SELECT user_id FROM shop.interactions WHERE user_id <> ''$$)" in sql
    assert f"IAM_ROLE '{SETTINGS.roles.redshift}'" in sql
    assert "FORMAT PARQUET" in sql
    assert "MANIFEST VERBOSE" in sql
    assert f"KMS_KEY_ID '{SETTINGS.kms_key_id}' ENCRYPTED" in sql
    assert f"TO '{job('unload').place.uri}data/'" in sql
    assert "CREDENTIALS" not in sql


@pytest.mark.parametrize("ending", [";", " ; ", ";;\n", "\n;\n"])
def test_a_semicolon_at_the_end_is_left_out(ending: str) -> None:
    assert "($$SELECT 1$$)" in statement(f"SELECT 1{ending}", to="s3://b/x/", role="r", kms_key_id="k")


def test_a_semicolon_inside_stays() -> None:
    assert "($$SELECT ';'$$)" in statement("SELECT ';'", to="s3://b/x/", role="r", kms_key_id="k")


@pytest.mark.parametrize("text", ["", "  \n", ";", "x" * 100_000])
def test_an_empty_statement_and_one_too_long_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        statement(text, to="s3://b/x/", role="r", kms_key_id="k")
