"""Statements known by their first words: the ones without effect here, and the ones that are refused."""

from local_aws.services.redshift_data.errors import Unsupported
from local_aws.services.redshift_data.sql.statements import Source

#: Accepted without effect: there is no storage to tidy, no statistics to gather, and one user who may do everything.
WITHOUT_EFFECT = (
    "VACUUM", "ANALYZE", "GRANT", "REVOKE", "LOCK", "RESET", "REFRESH MATERIALIZED VIEW", "ALTER DEFAULT PRIVILEGES",
    "CREATE USER", "ALTER USER", "DROP USER", "CREATE GROUP", "ALTER GROUP", "DROP GROUP", "CREATE ROLE", "DROP ROLE",
    "SET QUERY_GROUP", "SET STATEMENT_TIMEOUT", "SET ENABLE_RESULT_CACHE_FOR_SESSION", "SET WLM_QUERY_SLOT_COUNT",
    "SET DATESTYLE", "SET ANALYZE_THRESHOLD_PERCENT", "SET SESSION AUTHORIZATION", "SET APPLICATION_NAME",
)  # fmt: skip

#: Known to Redshift, refused here by name.
REFUSED = (
    "CREATE PROCEDURE", "CREATE OR REPLACE PROCEDURE", "DROP PROCEDURE", "CALL", "CREATE LIBRARY", "CREATE MODEL",
    "CREATE EXTERNAL", "CREATE DATASHARE", "ALTER DATASHARE", "CREATE MASKING POLICY", "CREATE RLS POLICY", "DECLARE",
    "FETCH", "CLOSE", "PREPARE", "EXECUTE", "DEALLOCATE", "SHOW", "COMMENT", "CANCEL", "CREATE EXTERNAL SCHEMA",
    "ALTER DATABASE", "ALTER PROCEDURE", "ALTER FUNCTION", "ALTER EXTERNAL", "USE",
)  # fmt: skip

_STORAGE = ("DISTSTYLE", "DISTKEY", "SORTKEY", "COMPOUND", "INTERLEAVED", "ENCODE")


def is_without_effect(source: Source) -> bool:
    """Whether the statement is accepted and does nothing."""
    if source.starts_with("ALTER", "TABLE"):
        return _alters_storage(source)
    return any(source.starts_with(*words.split()) for words in WITHOUT_EFFECT)


def _alters_storage(source: Source) -> bool:
    """``ALTER TABLE t ALTER [COLUMN c] DISTSTYLE | SORTKEY | ENCODE ...``."""
    words = [source.word(index) for index in range(2, len(source.tokens))]
    if "ALTER" not in words:
        return False
    after = words[words.index("ALTER") + 1 :]
    return after[:1] in [[word] for word in _STORAGE] or (after[:1] == ["COLUMN"] and "ENCODE" in after)


def refuse(source: Source) -> None:
    """Refuse what is not supported, by name.

    :raises Unsupported: if the statement is one of ``REFUSED``.
    """
    for words in REFUSED:
        if source.starts_with(*words.split()):
            raise Unsupported(words)
