"""Statements as warehouses are really asked: each must run, and those with an answer must give it."""

import pytest

from local_aws.services.redshift_data.errors import RedshiftError, Unsupported
from tests.local_aws.redshift.conftest import Sql

SHOP = r"""
    CREATE TABLE IF NOT EXISTS orders (
        order_id   BIGINT IDENTITY(1, 1) NOT NULL ENCODE az64,
        customer   VARCHAR(32) NOT NULL ENCODE lzo DISTKEY,
        product    VARCHAR(32) ENCODE zstd REFERENCES products (product),
        amount     DECIMAL(10, 2) DEFAULT 0 ENCODE az64,
        ordered_at TIMESTAMP DEFAULT SYSDATE ENCODE raw,
        details    VARCHAR(MAX),
        PRIMARY KEY (order_id), UNIQUE (customer, product)
    ) DISTSTYLE KEY COMPOUND SORTKEY (ordered_at, customer);
    CREATE TABLE products (product VARCHAR(32), label NVARCHAR(64), weight REAL) BACKUP NO DISTSTYLE ALL
        SORTKEY (product);
    CREATE TABLE counters (a INT, b INT) DISTSTYLE EVEN INTERLEAVED SORTKEY (a, b);
    CREATE TABLE documents (id INT, body SUPER);
    INSERT INTO orders (customer, product, amount, ordered_at, details) VALUES
        ('ann', 'tea', 3.50, '2024-02-01 09:00:00', '{"gift":{"to":"bob"}}'), ('ann', 'mug', 9, '2024-02-03', '{}'),
        ('bob', 'tea', 3.50, '2024-03-01', NULL);
    INSERT INTO products VALUES ('tea', 'Green Tea', 0.1), ('mug', 'A Mug', 0.4);
    INSERT INTO documents SELECT 1, JSON_PARSE('{"items":[{"n":1},{"n":2}],"k":"v"}')
"""

RUNNING = [
    "CREATE TABLE copy_of_orders DISTKEY(customer) SORTKEY(ordered_at) AS SELECT customer, product FROM orders",
    "CREATE TABLE #scratch AS SELECT * FROM orders; SELECT count(*) FROM #scratch",
    "CREATE TEMP TABLE same (LIKE orders INCLUDING DEFAULTS); SELECT * FROM same",
    "CREATE TABLE third (LIKE products)",
    "SELECT customer, count(*) AS n INTO TEMP TABLE counted FROM orders GROUP BY customer; SELECT n FROM counted",
    "CREATE OR REPLACE VIEW recent AS SELECT * FROM orders WHERE ordered_at > '2024-02-02' WITH NO SCHEMA BINDING",
    "CREATE MATERIALIZED VIEW totals AUTO REFRESH YES AS SELECT customer, sum(amount) s FROM orders GROUP BY 1; "
    "REFRESH MATERIALIZED VIEW totals; SELECT s FROM totals",
    "INSERT INTO counters (SELECT 1, 2)",
    "INSERT INTO orders (customer, amount) VALUES ('eve', DEFAULT)",
    "MERGE INTO products USING (SELECT 'tea' AS product, 'Black Tea' AS label) s ON products.product = s.product "
    "WHEN MATCHED THEN UPDATE SET label = s.label "
    "WHEN NOT MATCHED THEN INSERT (product, label) VALUES (s.product, s.label)",
    "DELETE FROM orders USING products WHERE orders.product = products.product AND products.weight > 0.3",
    "DELETE orders WHERE amount = 9",
    "UPDATE orders SET details = p.label FROM products p WHERE orders.product = p.product",
    "TRUNCATE counters",
    "ALTER TABLE products ADD COLUMN brand VARCHAR(8) DEFAULT 'none' ENCODE zstd; SELECT brand FROM products",
    "ALTER TABLE products RENAME COLUMN label TO title; SELECT title FROM products",
    "ALTER TABLE products ALTER COLUMN label TYPE VARCHAR(200)",
    "ALTER TABLE products DROP COLUMN weight CASCADE",
    "ALTER TABLE counters RENAME TO tallies; SELECT * FROM tallies",
    "ALTER TABLE orders ALTER DISTSTYLE EVEN",
    "ALTER TABLE orders ALTER COMPOUND SORTKEY (customer)",
    "DROP TABLE IF EXISTS counters, never_made CASCADE",
    "SELECT TOP 2 customer FROM orders ORDER BY ordered_at DESC",
    "SELECT customer FROM orders MINUS SELECT 'ann'",
    "WITH RECURSIVE days(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM days WHERE n < 7) SELECT sum(n) FROM days",
    "SELECT customer, product, count(*) FROM orders GROUP BY ROLLUP (customer, product)",
    "SELECT * FROM (SELECT customer, product, amount FROM orders) PIVOT (sum(amount) FOR product IN ('tea', 'mug'))",
    "SELECT o.customer, p.label FROM orders o LEFT JOIN products p USING (product) "
    "WHERE o.ordered_at >= GETDATE() - 10000",
    "SELECT ordered_at + INTERVAL '1 day', ordered_at - INTERVAL '2 hours' FROM orders",
    "SELECT date_trunc('week', ordered_at) AS week, sum(amount) FROM orders GROUP BY 1 ORDER BY 1",
    "SELECT CASE WHEN amount > 5 THEN 'dear' ELSE 'cheap' END, COUNT(DISTINCT customer) FROM orders GROUP BY 1",
    "SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY amount) OVER (PARTITION BY customer) FROM orders",
    "SELECT mod(strtol(left(md5(customer), 8), 16), 10) AS bucket FROM orders",
    "SELECT timezone('UTC', ordered_at), ordered_at AT TIME ZONE 'Asia/Tokyo' FROM orders",
    "SELECT d.id, i.n FROM documents d, d.body.items i",
    "SELECT body.items[1].n, json_serialize(body) FROM documents",
    "SELECT customer ~ '^a', customer !~* 'B', customer NOT ILIKE 'C%' FROM orders",
    "SELECT isnull(details, 'none'), nvl(details, 'none') FROM orders WHERE details IS NOT NULL",
    "SELECT * FROM generate_series(1, 3) AS n",
    "EXPLAIN SELECT * FROM orders",
    "CREATE FUNCTION doubled (INT) RETURNS INT IMMUTABLE AS $$ SELECT $1 * 2 $$ LANGUAGE sql; SELECT doubled(21)",
    'SELECT "table", diststyle FROM svv_table_info',
    "SELECT \"column\", type, encoding, distkey, sortkey FROM pg_table_def WHERE tablename = 'orders'",
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
    "VACUUM FULL orders TO 99 PERCENT",
    "ANALYZE orders PREDICATE COLUMNS",
    "GRANT SELECT ON orders TO GROUP analysts",
    "LOCK TABLE orders",
    "SET query_group TO 'nightly'",
]


@pytest.mark.parametrize("statement", RUNNING)
def test_a_statement_runs(sql: Sql, statement: str) -> None:
    sql(SHOP)
    sql(statement)


REFUSED = [
    ("CREATE OR REPLACE PROCEDURE p(x INT) AS $$ BEGIN DELETE FROM orders; END; $$ LANGUAGE plpgsql", "PROCEDURE"),
    ("CALL p(1)", "CALL"),
    ("CREATE EXTERNAL SCHEMA lake FROM DATA CATALOG DATABASE 'x'", "CREATE EXTERNAL"),
    ("CREATE MODEL m FROM orders TARGET amount FUNCTION f IAM_ROLE default", "CREATE MODEL"),
    ("CREATE FUNCTION f (INT) RETURNS INT STABLE AS $$ return 1 $$ LANGUAGE plpythonu", "plpythonu"),
    ("CREATE TABLE shapes (g GEOMETRY)", "GEOMETRY"),
    ("SELECT regexp_substr('a', 'a', 1, 1, 'p')", "PCRE"),
    ("SELECT to_char(ordered_at, details) FROM orders", "format that is not a literal"),
    ("SELECT * FROM documents WHERE body.k = 5 OR body.items[0].n = 'x'", "SUPER value"),
    ("SET wlm_json_configuration TO 'x'", "SET WLM_JSON_CONFIGURATION"),
]


@pytest.mark.parametrize(("statement", "thing"), REFUSED)
def test_what_is_not_supported_is_refused_by_name(sql: Sql, statement: str, thing: str) -> None:
    sql(SHOP)
    with pytest.raises(Unsupported, match=thing):
        sql(statement)


@pytest.mark.parametrize("call", ["read_csv('/etc/passwd')", "list_aggregate([1], 'sum')", "farmhash64('a')"])
def test_a_function_that_redshift_does_not_have_or_we_do_not_is_unknown(sql: Sql, call: str) -> None:
    with pytest.raises(RedshiftError, match=r"function \w+\(\) does not exist"):
        sql(f"SELECT {call}" if "read" not in call else f"SELECT * FROM {call}")


def test_a_merge_updates_and_inserts(sql: Sql) -> None:
    sql(SHOP)
    sql(
        "MERGE INTO products USING (SELECT 'tea' p, 'New' l UNION ALL SELECT 'pot', 'A Pot') s "
        "ON products.product = s.p WHEN MATCHED THEN UPDATE SET label = s.l "
        "WHEN NOT MATCHED THEN INSERT VALUES (s.p, s.l, NULL)"
    )
    assert sql("SELECT product, label FROM products ORDER BY 1") == [("mug", "A Mug"), ("pot", "A Pot"), ("tea", "New")]


def test_keys_inform_the_planner_and_are_not_enforced(sql: Sql) -> None:
    sql("CREATE TABLE t (a INT PRIMARY KEY, b INT REFERENCES t (a)); INSERT INTO t VALUES (1, 9), (1, 9)")
    assert sql.one("SELECT count(*) FROM t") == 2


def test_an_identity_column_counts_from_its_seed_by_its_step(sql: Sql) -> None:
    sql("CREATE TABLE t (id INT IDENTITY(10, 5), a INT); INSERT INTO t (a) VALUES (1), (2), (3)")
    assert sql("SELECT id FROM t ORDER BY a") == [(10,), (15,), (20,)]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO t VALUES ('four', 1)",
        "INSERT INTO t (n, a) VALUES (1, 'four')",
        "INSERT INTO t SELECT 'four', 1",
        "UPDATE t SET a = 'four'",
        "MERGE INTO t USING (SELECT 1 AS k) s ON t.n = s.k WHEN MATCHED THEN UPDATE SET a = 'four' "
        "WHEN NOT MATCHED THEN INSERT VALUES ('four', 2)",
        "INSERT INTO t VALUES ('éé', 1)",
    ],
)
def test_a_value_wider_than_its_column_is_refused_counting_bytes(sql: Sql, statement: str) -> None:
    sql("CREATE TABLE t (a VARCHAR(3), n INT); INSERT INTO t VALUES ('abc', 1), ('é', 2)")
    with pytest.raises(RedshiftError, match=r"value too long for type character varying\(3\)"):
        sql(statement)


def test_a_widened_column_takes_longer_values(sql: Sql) -> None:
    sql("CREATE TABLE t (a VARCHAR(3)); ALTER TABLE t ALTER COLUMN a TYPE VARCHAR(4); INSERT INTO t VALUES ('four')")
    assert sql("SELECT * FROM t") == [("four",)]


def test_names_are_folded_and_unnamed_columns_called_as_redshift_calls_them(sql: Sql) -> None:
    sql('CREATE TABLE T ("Odd Name" INT, Plain INT)')
    assert sql.columns("SELECT * FROM t") == ["odd name", "plain"]
    query = "SELECT count(*), max(Plain), 1, 'a' || 'b', dateadd(day, 1, getdate()), CASE WHEN true THEN 1 END FROM t"
    assert sql.columns(query) == ["count", "max", "?column?", "?column?", "date_add", "case"]
    assert sql.columns("SELECT Plain::BIGINT, '1'::INT, sum(plain) OVER () FROM t") == ["plain", "int4", "sum"]


def test_an_inner_unnamed_column_can_be_used_by_its_name(sql: Sql) -> None:
    assert sql.one("SELECT count + 1 FROM (SELECT count(*) FROM (SELECT 1) x) y") == 2


def test_a_number_added_to_a_time_counts_days(sql: Sql) -> None:
    sql("CREATE TABLE t (at TIMESTAMP, d DATE, n INT); INSERT INTO t VALUES ('2024-03-01 12:00', '2024-03-01', 1)")
    found = sql("SELECT at - 1, d + 1, n + 1, max(at) OVER () > sysdate - 7 FROM t")[0]
    assert [str(value) for value in found] == ["2024-02-29 12:00:00", "2024-03-02", "2", "False"]


def test_a_function_over_an_alias_groups_by_the_column_it_reads(sql: Sql) -> None:
    sql("CREATE TABLE t (at TIMESTAMP); INSERT INTO t VALUES ('2024-01-01 10:00'), ('2024-01-01 11:00')")
    assert sql("SELECT at::date, count(*) FROM t GROUP BY at::date")[0][1] == 2
    assert len(sql("SELECT trunc(at) AS at, count(*) FROM t GROUP BY 1")) == 1
