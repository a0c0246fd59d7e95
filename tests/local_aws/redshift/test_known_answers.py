"""What functions answer, by the examples of the Amazon Redshift Database Developer Guide.

Each case names the page it is from. "meaning" marks a case that follows from a sentence of the page rather than from
one of its examples.
"""

import hashlib
import math
from typing import Any

import pytest

from tests.local_aws.redshift.conftest import Sql

ANSWERS = [
    # FNV_HASH function
    ("FNV_HASH", "fnv_hash(1)", -5968735742475085980),
    ("FNV_HASH", "fnv_hash(1::smallint)", 589727492704079044),
    ("FNV_HASH", "fnv_hash(1::bigint)", -8517097267634966620),
    ("FNV_HASH", "fnv_hash('Amazon Redshift')", 7783490368944507294),
    ("FNV_HASH", "fnv_hash('Amazon Redshift', fnv_hash(1))", -2202602717770968555),
    ("FNV_HASH", "fnv_hash('cd', fnv_hash('ab'))", -281581062704388899),
    # CRC32, SHA2, STRTOL
    ("CRC32", "crc32('Amazon Redshift')", "f2726906"),
    ("SHA2", "sha2('Amazon Redshift', 256)", hashlib.sha256(b"Amazon Redshift").hexdigest()),
    ("SHA2 meaning", "sha2('Amazon Redshift', 17)", ""),
    ("STRTOL", "strtol('0xf', 16)", 15),
    ("STRTOL", "strtol('abcd1234', 16)", 2882343476),
    ("STRTOL", "strtol('1234567', 8)", 342391),
    ("STRTOL", "strtol('110101', 2)", 53),
    ("STRTOL meaning", "strtol('', 10)", 0),
    ("STRTOL meaning", "strtol(null, 10)", None),
    # DATEDIFF: boundaries crossed; weeks begin on Sunday
    ("DATEDIFF", "datediff(week, '2009-01-01', '2009-12-31')", 52),
    ("DATEDIFF", "datediff(qtr, '1998-07-01', date '2008-07-05')", 40),
    ("DATEDIFF meaning", "datediff(year, '2008-12-31', '2009-01-01')", 1),
    ("DATEDIFF meaning", "datediff(week, '2024-03-02', '2024-03-03')", 1),
    ("DATEDIFF meaning", "datediff(week, '2024-03-03', '2024-03-09')", 0),
    ("DATEDIFF", "datediff(minute, time '20:00:00', time '21:00:00')", 60),
    ("DATEDIFF", "datediff(hours, '2009-01-01 08:30:00', '2009-01-01 10:00:00')", 2),
    # DATEADD and ADD_MONTHS
    ("DATEADD", "dateadd(month, 18, '2008-02-28')", "2009-08-28 00:00:00"),
    ("DATEADD", "dateadd(m, 30, '2008-02-28')", "2008-02-28 00:30:00"),
    ("DATEADD", "dateadd(month, 1, '2008-04-30')", "2008-05-30 00:00:00"),
    ("DATEADD", "dateadd(month, 12, '2016-02-29')", "2017-02-28 00:00:00"),
    ("DATEADD", "dateadd(year, 1, '2016-02-29')", "2017-03-01 00:00:00"),
    ("DATEADD", "dateadd(hour, 12, time '13:24:55')", "01:24:55"),
    ("ADD_MONTHS", "add_months('2008-03-31', 1)", "2008-04-30 00:00:00"),
    ("ADD_MONTHS", "add_months('2008-04-30', 1)", "2008-05-31 00:00:00"),
    ("MONTHS_BETWEEN", "months_between('1969-01-18', '1969-03-18')", -2.0),
    ("MONTHS_BETWEEN", "round(months_between('2008-12-25 15:00:00', '2008-01-21 19:30:00'), 2)", 11.12),
    ("MONTHS_BETWEEN meaning", "months_between('2014-09-30', '2014-08-31')", 1.0),
    ("NEXT_DAY", "next_day('2014-08-20', 'Tuesday')", "2014-08-26"),
    ("NEXT_DAY meaning", "next_day('2014-08-26', 'tu')", "2014-09-02"),
    ("LAST_DAY meaning", "last_day('2024-02-03')", "2024-02-29"),
    # DATE_TRUNC, DATE_PART, EXTRACT, TRUNC
    ("DATE_TRUNC", "date_trunc('week', timestamp '20220430 04:05:06.789')", "2022-04-25 00:00:00"),
    ("DATE_TRUNC", "date_trunc('quarter', timestamp '20200430 04:05:06.789')", "2020-04-01 00:00:00"),
    ("DATE_TRUNC", "date_trunc('millennium', timestamp '20200430 04:05:06.789')", "2001-01-01 00:00:00"),
    ("Date parts", "extract(sec from timestamp '2009-09-21 11:10:03.189717')", 3),
    ("Date parts", "date_part(sec, timestamp '2009-09-21 11:10:03.189717')", 3.189717),
    ("Date parts", "extract(century from timestamp '2000-12-16 12:21:13')", 20),
    ("Date parts", "extract(decade from timestamp '1999-02-16 20:38:40')", 200),
    ("Date parts", "extract(decade from timestamp '2010-02-16 20:38:40')", 202),
    ("Date parts", "extract(mil from timestamp '2001-12-16 12:21:13')", 3),
    ("Date parts", "date_part(epoch, timestamp '2008-01-01 20:00:00')", 1199217600),
    ("Date parts meaning", "date_part(dow, date '2024-03-03')", 0),
    ("TRUNC", "trunc(111.15)", 111),
    ("TRUNC", "trunc(111.15, 1)", 111.1),
    ("TRUNC", "trunc(111.15, -1)", 110),
    ("TRUNC", "trunc(timestamp '2011-07-21 10:32:38.248109')", "2011-07-21"),
    # Time zones: an abbreviation is a fixed offset, a name follows the season
    ("CONVERT_TIMEZONE", "convert_timezone('PST', timestamp '2008-08-24 09:36:12')", "2008-08-24 01:36:12"),
    ("CONVERT_TIMEZONE", "convert_timezone('US/Pacific', timestamp '2008-08-24 09:36:12')", "2008-08-24 02:36:12"),
    ("CONVERT_TIMEZONE", "convert_timezone('EST', 'PST', '20080305 12:25:29')", "2008-03-05 09:25:29"),
    ("CONVERT_TIMEZONE", "convert_timezone('America/New_York', '2013-06-01 08:00:00')", "2013-06-01 04:00:00"),
    # TO_CHAR, TO_DATE, TO_NUMBER
    ("TO_CHAR", "to_char(timestamp '2009-12-31 23:15:59', 'MONTH-DY-DD-YYYY HH12:MIPM')",
     "DECEMBER -THU-31-2009 11:15PM"),
    ("TO_CHAR", "to_char(timestamp '2009-12-31 23:15:59', 'DDD')", "365"),
    ("TO_CHAR", "to_char(timestamp '2022-05-16 23:15:59', 'ID')", "1"),
    ("TO_CHAR", "to_char(timestamp '2008-01-25 14:30:00', 'MON-DD-YYYY HH12:MIPM')", "JAN-25-2008 02:30PM"),
    ("TO_CHAR", "to_char(timestamp '2008-02-18 02:36:48', 'cc')", "21"),
    ("TO_CHAR", "to_char(timestamp '2008-01-25 14:30:00', 'HH12:MI:SS TZ')", "02:30:00 UTC"),
    ("TO_CHAR", "to_char(-125.8, '999D99S')", "125.80-"),
    ("TO_CHAR", "to_char(728.00 - 109.20, 'rn')", "          dcxix"),
    ("TO_CHAR", "to_char(728.00 - 109.20, 'l99999D99')", "$   618.80"),
    ("TO_CHAR meaning", "to_char(date '2024-01-05', 'Mon FMDay')", "Jan Friday"),
    ("TO_DATE", "to_date('02 Oct 2001', 'DD Mon YYYY')", "2001-10-02"),
    ("TO_NUMBER", "to_number('12,454.8-', '99G999D9S')", "-12454.8"),
    # Regular expressions and patterns
    ("REGEXP_INSTR", "regexp_instr('Cum@accumsan.com', '@[^.]*')", 4),
    ("REGEXP_INSTR", "regexp_instr('The Home Depot Center', '[cC]ent(er|re)$')", 16),
    ("REGEXP_INSTR meaning", "regexp_instr('Center Center', '[cC]ent(er|re)$')", 8),
    ("REGEXP_INSTR meaning", "regexp_instr('abc', 'z')", 0),
    ("REGEXP_SUBSTR", "regexp_substr('sed@lacusUtnec.ca', '@[^.]*')", "@lacusUtnec"),
    ("REGEXP_SUBSTR", "regexp_substr('the fox', 'FOX', 1, 1, 'i')", "fox"),
    ("REGEXP_SUBSTR meaning", "regexp_substr('abc', '[0-9]+')", ""),
    ("REGEXP_COUNT", "regexp_count('abcdefghijklmnopqrstuvwxyz', '[a-z]{3}')", 8),
    ("REGEXP_REPLACE", r"regexp_replace('sed@lacusUtnec.ca', '@.*\\.(org|gov|com|edu|ca)$')", "sed"),
    ("REGEXP_REPLACE", "regexp_replace('the fox', 'FOX', 'quick brown fox', 1, 'i')", "the quick brown fox"),
    ("REGEXP_REPLACE meaning", "regexp_replace('aXbX', 'X', '-')", "a-b-"),
    ("SIMILAR TO meaning", "'Agoura Hills' similar to '%E%|%H%'", True),
    ("SIMILAR TO meaning", "'abc' similar to 'a.c'", False),
    ("SIMILAR TO", r"'wlm_start_time' similar to '%start\\_%'", True),
    ("SIMILAR TO", "'wlm_start_time' similar to '%start^_%' escape '^'", True),
    ("LIKE meaning", r"'start time' like '%start\\_%'", False),
    # Text
    ("INITCAP", "initcap('All non-musical theatre')", "All Non-Musical Theatre"),
    ("INITCAP", "initcap('MLB')", "Mlb"),
    ("INITCAP", "initcap('nibh.enim@egestas.ca')", "Nibh.Enim@Egestas.Ca"),
    ("SUBSTRING", "substring('caterpillar', 6, 4)", "pill"),
    ("SUBSTRING", "substring('caterpillar', 0, 4)", "cat"),
    ("LEN", "len('français')", 8),
    ("OCTET_LENGTH", "octet_length('français')", 9),
    ("CHARINDEX", "charindex('fish', 'dogfish')", 4),
    ("BTRIM", "btrim('xyzaxyzbxyzcxyz', 'xyz')", "axyzbxyzc"),
    ("LPAD", "lpad('cat', 5)", "  cat"),
    ("SPLIT_PART", "split_part('abc$def$ghi', '$', 2)", "def"),
    ("SPLIT_PART", "split_part('abc$def$ghi', '$', 4)", ""),
    ("CONCAT meaning", "concat('a', null)", None),
    # JSON: a path that leads nowhere is an empty string
    ("JSON_EXTRACT_PATH_TEXT", """json_extract_path_text('{"f4":{"f5":99,"f6":"star"}}', 'f4', 'f6')""", "star"),
    ("JSON_EXTRACT_PATH_TEXT", """json_extract_path_text('{"f4":{"f5":99}', 'f4', 'f6', true)""", None),
    ("JSON_EXTRACT_PATH_TEXT meaning", """json_extract_path_text('{"a":1}', 'b')""", ""),
    ("JSON_EXTRACT_PATH_TEXT meaning", "json_extract_path_text(null, 'b')", None),
    ("JSON_ARRAY_LENGTH", """json_array_length('[11,12,13,{"f1":21,"f2":[25,26]},14]')""", 5),
    ("JSON_EXTRACT_ARRAY_ELEMENT_TEXT", "json_extract_array_element_text('[111,112,113]', 2)", "113"),
    # Numbers
    ("Computations meaning", "7 / 2", 3),
    ("Computations meaning", "-7 / 2", -3),
    ("MOD meaning", "mod(-7, 3)", -1),
    ("LOG", "log(100)", 2),
    ("ROUND meaning", "round(-2.5)", -3),
    ("DECIMAL meaning", "2.567::decimal", 3),
    ("CAST meaning", "cast(2.7 as int)", 3),
    ("CAST meaning", "2.0::float::varchar", "2"),
    ("CAST meaning", "1.50::decimal(5, 2)::varchar", "1.50"),
    ("CAST meaning", "'abcdef'::char(3)", "abc"),
    ("CAST meaning: bytes, not characters", "'héllo'::varchar(2)", "h"),
    # Conditions
    ("DECODE meaning", "decode(null, null, 1, 0)", 1),
    ("NVL2 meaning", "nvl2(null, 'a', 'b')", "b"),
    ("GREATEST meaning", "greatest(1, null, 3)", 3),
    ("Boolean meaning", "'5' = 5", True),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "expression", "answer"), ANSWERS, ids=[f"{page}: {text}" for page, text, _ in ANSWERS]
)
def test_an_expression_answers_as_the_guide_says(sql: Sql, source: str, expression: str, answer: Any) -> None:
    found = sql.one(f"SELECT {expression}")
    if isinstance(answer, (int, float)) and not isinstance(answer, bool):
        assert math.isclose(float(found), answer, rel_tol=1e-12)
    else:
        assert (str(found) if isinstance(answer, str) else found) == answer


@pytest.mark.parametrize("width", [1, 2, 7, 8, 14, 15])
def test_the_digits_of_many_hashes_are_numbers_as_those_of_one(sql: Sql, width: int) -> None:
    sql("CREATE TABLE hashes (i INT, h VARCHAR(32))")
    sql("INSERT INTO hashes SELECT i, CASE WHEN i % 3 = 0 THEN UPPER(MD5(i::varchar)) ELSE MD5(i::varchar) END "
        "FROM generate_series(1, 3000) AS t(i)")  # fmt: skip
    digits = [hashlib.md5(str(i).encode(), usedforsecurity=False).hexdigest()[:width] for i in range(1, 3001)]
    numbers = [(int(text, 16),) for text in digits]
    assert sql(f"SELECT STRTOL(LEFT(h, {width}), 16) FROM hashes ORDER BY i") == numbers
    sql("INSERT INTO hashes VALUES (3001, NULL), (3002, ''), (3003, '0x1f')")
    assert sql(f"SELECT STRTOL(LEFT(h, {width}), 16) FROM hashes WHERE h IS NULL OR LEN(h) = 32 ORDER BY i") == [
        *numbers, (None,),
    ]  # fmt: skip
    assert sql("SELECT STRTOL(h, 16) FROM hashes WHERE LEN(h) < 32 ORDER BY i") == [(0,), (31,)]


TICKETS = """
    CREATE TABLE sales (salesid INT, sellerid INT, qtysold SMALLINT, pricepaid DECIMAL(8,2), saletime TIMESTAMP);
    INSERT INTO sales VALUES
      (1, 380, 1, 728.00, '2008-02-18 02:36:48'), (2, 380, 2, 76.00, '2008-06-06 05:00:16'),
      (3, 1178, 2, 350.00, '2008-06-06 08:26:17'), (4, 48294, 4, NULL, NULL)
"""

AGGREGATES = [
    ("AVG of integers is a truncated BIGINT", "avg(qtysold)", 2),
    ("AVG of decimals keeps their scale", "avg(pricepaid)", "384.67"),
    ("AVG of floats is exact", "avg(qtysold::float)", 2.25),
    ("SUM of integers is a BIGINT, so dividing it truncates", "sum(qtysold) / count(*)", 2),
    ("SUM of decimals keeps their scale", "sum(pricepaid)", "1154.00"),
    ("SUM of floats is no integer", "sum(qtysold::real / 8)", 1.125),
    ("LISTAGG orders", "listagg(sellerid, ', ') within group (order by salesid desc)", "48294, 1178, 380, 380"),
    ("LISTAGG DISTINCT", "listagg(distinct sellerid, '|') within group (order by sellerid)", "380|1178|48294"),
    ("LISTAGG without a delimiter", "listagg(qtysold) within group (order by salesid)", "1224"),
    ("PERCENTILE_CONT interpolates", "percentile_cont(0.5) within group (order by qtysold)", 2.0),
    ("PERCENTILE_DISC chooses", "percentile_disc(0.75) within group (order by qtysold)", 2),
    ("MEDIAN", "median(qtysold)", 2),
    ("APPROXIMATE COUNT DISTINCT", "approximate count(distinct sellerid)", 3),
    ("a date function of an aggregate", "datediff(day, min(saletime), max(saletime))", 109),
    ("TRUNC of an aggregate is a date", "trunc(max(saletime))", "2008-06-06"),
    ("TO_CHAR of an aggregate", "to_char(min(saletime), 'YYYY-MM')", "2008-02"),
    ("text of an aggregate", "(sum(qtysold::float))::varchar", "9"),
]  # fmt: skip


@pytest.mark.parametrize(("meaning", "expression", "answer"), AGGREGATES, ids=[meaning for meaning, *_ in AGGREGATES])
def test_an_aggregate_answers_as_the_guide_says(sql: Sql, meaning: str, expression: str, answer: Any) -> None:
    sql(TICKETS)
    found = sql.one(f"SELECT {expression} FROM sales")
    assert (str(found) if isinstance(answer, str) else found) == answer


def test_null_sorts_as_the_largest_value(sql: Sql) -> None:
    sql(TICKETS)
    assert [row[0] for row in sql("SELECT salesid FROM sales ORDER BY pricepaid")] == [2, 3, 1, 4]
    assert [row[0] for row in sql("SELECT salesid FROM sales ORDER BY pricepaid DESC")] == [4, 1, 3, 2]


def test_window_functions_answer_as_the_guide_says(sql: Sql) -> None:
    sql(TICKETS)
    shares = sql("SELECT salesid, ratio_to_report(qtysold) OVER (PARTITION BY sellerid) FROM sales ORDER BY 1")
    assert [round(share, 3) for _, share in shares] == [0.333, 0.667, 1.0, 1.0]
    last = sql("SELECT lag(pricepaid) IGNORE NULLS OVER (ORDER BY salesid) FROM sales ORDER BY salesid")
    assert [None if value is None else float(value) for (value,) in last] == [None, 728.0, 76.0, 350.0]
    first = sql(
        "SELECT first_value(pricepaid IGNORE NULLS) OVER (ORDER BY salesid DESC "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM sales LIMIT 1"
    )
    assert float(first[0][0]) == 350.0
    newest = sql(
        "SELECT salesid FROM sales QUALIFY row_number() OVER (PARTITION BY sellerid ORDER BY saletime DESC) = 1"
    )
    assert sorted(row[0] for row in newest) == [2, 3, 4]


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("1 / 0", "Divide by zero"),
        ("'twelve'::int", 'invalid input syntax for integer: "twelve"'),
        ("1000000::int * 1000000::int", "Numeric data overflow"),
        ("json_extract_path_text('{', 'a')", "JSON parsing error"),
        ("strtol('12z', 10)", "The input 12z is not valid to be converted to base 10"),
    ],
)
def test_a_value_that_cannot_be_computed_is_an_error_in_redshifts_words(sql: Sql, expression: str, reason: str) -> None:
    with pytest.raises(Exception, match=reason.replace("(", r"\(")):
        sql.one(f"SELECT {expression}")
