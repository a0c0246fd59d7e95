"""The grammar of UNLOAD and COPY: what is read, and what is refused with which words."""

import pytest

from local_aws.services.redshift_data.copy.options import CopyOptions, read_copy
from local_aws.services.redshift_data.errors import RedshiftError
from local_aws.services.redshift_data.sql.statements import single
from local_aws.services.redshift_data.unload.options import UnloadOptions, read_unload

ROLE = "IAM_ROLE 'arn:aws:iam::123456789012:role/warehouse'"


def unload(rest: str, query: str = "'SELECT 1'") -> UnloadOptions:
    return read_unload(single(f"UNLOAD ({query}) TO 's3://lake/out/' {rest}"))


def copy(rest: str, target: str = "shop.orders") -> CopyOptions:
    return read_copy(single(f"COPY {target} FROM 's3://lake/in' {rest}"))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("'SELECT * FROM v WHERE s = ''NV'''", "SELECT * FROM v WHERE s = 'NV'"),
        (r"'SELECT * FROM v WHERE s = \'NV\''", "SELECT * FROM v WHERE s = 'NV'"),
        ("$$SELECT 'it''s; -- here' FROM v /* $ */$$", "SELECT 'it''s; -- here' FROM v /* $ */"),
        ("$$SELECT ';' -- trailing\n$$", "SELECT ';' -- trailing\n"),
    ],
)
def test_the_inner_query_may_hold_any_quotes_comments_and_semicolons(written: str, meant: str) -> None:
    assert unload(ROLE, query=written).query == meant


def test_options_stand_in_any_order_in_any_case_with_or_without_as() -> None:
    options = unload(
        f"manifest verbose {ROLE} maxfilesize as 200 mb Header delimiter AS '\\t' null 'NA' PARALLEL false "
        "EXTENSION 'tsv.gz' gzip region as 'us-east-1' allowoverwrite"
    )
    assert (options.manifest, options.verbose, options.header, options.parallel) == (True, True, True, False)
    assert (options.max_file_size, options.delimiter, options.null_as) == (200 << 20, "\t", "NA")
    assert (options.compression, options.extension, options.allow_overwrite) == ("gz", "tsv.gz", True)


def test_a_partitioned_encrypted_parquet_unload() -> None:
    options = unload(f"{ROLE} FORMAT AS PARQUET PARTITION BY (year, Month) INCLUDE ENCRYPTED KMS_KEY_ID 'k' CLEANPATH")
    assert (options.format, options.partition_by, options.include) == ("PARQUET", ["year", "month"], True)
    assert (options.encrypted, options.kms_key_id, options.clean_path) == (True, "k", True)


@pytest.mark.parametrize(
    "authorization", ["IAM_ROLE default", "CREDENTIALS 'aws_iam_role=arn:x'", "ACCESS_KEY_ID 'a' SECRET_ACCESS_KEY 'b'"]
)
def test_every_way_of_authorization_is_taken(authorization: str) -> None:
    assert unload(authorization).query == "SELECT 1"


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("", "No authorization method"),
        (f"{ROLE} CREDENTIALS 'x'", "Only one authorization method"),
        (f"{ROLE} FOO", 'syntax error at or near "FOO"'),
        (f"{ROLE} DELIMITER", "syntax error at end of input"),
        (f"{ROLE} CSV PARQUET", "conflicting or redundant"),
        (f"{ROLE} PARQUET HEADER", "PARQUET cannot be specified with HEADER"),
        (f"{ROLE} PARQUET GZIP", "PARQUET cannot be specified with GZIP"),
        (f"{ROLE} JSON NULL AS 'x'", "JSON cannot be specified with NULL AS"),
        (f"{ROLE} CSV ADDQUOTES", "CSV cannot be specified with ADDQUOTES"),
        (f"{ROLE} CSV FIXEDWIDTH '1:2'", "CSV cannot be specified with FIXEDWIDTH"),
        (f"{ROLE} FIXEDWIDTH '1:2' DELIMITER '|'", "FIXEDWIDTH cannot be specified with DELIMITER"),
        (f"{ROLE} ALLOWOVERWRITE CLEANPATH", "CLEANPATH cannot be specified with ALLOWOVERWRITE"),
        (f"{ROLE} KMS_KEY_ID 'k'", "KMS_KEY_ID can be specified with ENCRYPTED only"),
        ("CREDENTIALS 'x' ENCRYPTED KMS_KEY_ID 'k'", "KMS_KEY_ID cannot be specified with CREDENTIALS"),
        (f"{ROLE} MAXFILESIZE 4 MB", "MAXFILESIZE must be between 5 MB and 6.2 GB"),
        (f"{ROLE} MAXFILESIZE 7 GB", "MAXFILESIZE must be between 5 MB and 6.2 GB"),
        (f"{ROLE} PARQUET ROWGROUPSIZE 16 MB", "ROWGROUPSIZE must be between 32 MB and 128 MB"),
        (f"{ROLE} DELIMITER 'ab'", "single ASCII character"),
        (f"{ROLE} MASTER_SYMMETRIC_KEY 'x' ENCRYPTED", "does not support client-side encryption"),
    ],
)
def test_an_unload_that_redshift_would_refuse_is_refused(rest: str, reason: str) -> None:
    with pytest.raises(RedshiftError, match=reason):
        unload(rest)


def test_a_copy_with_many_options() -> None:
    options = copy(
        f"{ROLE} MANIFEST CSV QUOTE AS '%' IGNOREHEADER 1 GZIP DATEFORMAT 'auto' TIMEFORMAT AS 'auto' "
        "ACCEPTINVCHARS AS '^' TRUNCATECOLUMNS BLANKSASNULL EMPTYASNULL MAXERROR AS 10 COMPUPDATE OFF "
        "STATUPDATE ON REGION 'us-east-1'",
        target='shop.orders (id, "Label")',
    )
    assert (options.table, options.columns) == (["shop", "orders"], ["id", "label"])
    assert (options.format, options.quote, options.header_lines, options.compression) == ("CSV", "%", 1, "gz")
    assert (options.date_format, options.time_format, options.accept_invalid) == ("auto", "auto", "^")
    assert (options.errors_allowed, options.compupdate, options.statupdate) == (9, False, True)


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("", "No authorization method"),
        (f"{ROLE} PARQUET MAXERROR 5", "does not support the option MAXERROR"),
        (f"{ROLE} CSV ESCAPE", "CSV is not compatible with"),
        (f"{ROLE} MAXERROR 5 IGNOREALLERRORS", "IGNOREALLERRORS is not compatible with MAXERROR"),
        (f"{ROLE} FORMAT AS AVRO 'auto'", "does not support COPY ... AVRO"),
        (f"{ROLE} LZOP", "does not support COPY ... LZOP"),
        (f"{ROLE} ENCODING UTF16", "ENCODING UTF16"),
        (f"{ROLE} NONSENSE", 'syntax error at or near "NONSENSE"'),
    ],
)
def test_a_copy_that_redshift_would_refuse_or_we_cannot_do_is_refused(rest: str, reason: str) -> None:
    with pytest.raises(RedshiftError, match=reason):
        copy(rest)


def test_a_syntax_error_says_where() -> None:
    with pytest.raises(RedshiftError) as caught:
        read_unload(single("UNLOAD ('x') TO 's3://a/b' IAM_ROLE 'r' FOO"))
    assert caught.value.position == 41
