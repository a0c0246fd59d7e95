-- What Redshift's functions mean, said in DuckDB. A macro rs_x is Redshift's function X; names that begin with an
-- underscore are parts of others. An overload is chosen by the type of its first argument, a witness that is never
-- computed (see witness.py). One statement ends at each semicolon at the end of a line.

-- Dates and times. Everything that Redshift "implicitly converts to a timestamp" goes through _ts.
create macro _ts(x) as x::timestamp;
create macro _plus(x, i) as x::timestamp + i;
create macro _add(w timestamp, x, n) as x + to_days(n::int), (w date, x, n) as x + n::int,
  (w timestamptz, x, n) as x + to_days(n::int), (w, x, n) as x + n;
create macro _sysdate() as now() at time zone 'UTC';
create macro rs_getdate() as date_trunc('second', _sysdate());
create macro _week(x) as floor(date_diff('day', date '1970-01-04', _ts(x)::date) / 7.0)::bigint;
create macro _weeks_between(a, b) as _week(b) - _week(a);
-- DATEADD(year, 1, '2016-02-29') is the first of March, while twelve months end on the 28th of February.
create macro _plus_years(x, n) as case
  when month(_ts(x)) = 2 and day(_ts(x)) = 29 and day(_ts(x) + to_years(n)) = 28
  then _plus(x, to_years(n)) + to_days(1) else _plus(x, to_years(n)) end;
create macro _is_last_day(x) as x::date = last_day(x);
create macro rs_add_months(x, n) as case when _is_last_day(_ts(x))
  then last_day(_ts(x) + to_months(n::int)) + (_ts(x) - date_trunc('day', _ts(x)))
  else _ts(x) + to_months(n::int) end;
create macro _months(a, b) as (year(a) - year(b)) * 12 + month(a) - month(b);
create macro _days_of_month(x) as day(x) + epoch(x - date_trunc('day', x)) / 86400.0;
create macro rs_months_between(a, b) as case
  when day(_ts(a)) = day(_ts(b)) or (_is_last_day(_ts(a)) and _is_last_day(_ts(b))) then _months(_ts(a), _ts(b))::double
  else _months(_ts(a), _ts(b)) + (_days_of_month(_ts(a)) - _days_of_month(_ts(b))) / 31.0 end;
create macro _weekday(name) as case left(lower(name), 2) when 'su' then 0 when 'mo' then 1 when 'tu' then 2 when 'we'
  then 3 when 'th' then 4 when 'fr' then 5 when 'sa' then 6 else error('Invalid day name: ' || name) end;
create macro rs_next_day(x, name) as _ts(x)::date + ((_weekday(name) - dayofweek(_ts(x)) + 6) % 7 + 1)::int;
create macro rs_last_day(x) as last_day(_ts(x));
create macro rs_date_part_year(x) as year(_ts(x));
create macro _compare(a, b) as case when a < b then -1 when a > b then 1 when a = b then 0 end;
create macro rs_date_cmp(a, b) as _compare(a::date, b::date);
create macro rs_timestamp_cmp(a, b) as _compare(_ts(a), _ts(b));
create macro rs_date(x) as _ts(x)::date;
create macro _trunc(w timestamp, x) as x::date, (w date, x) as x, (w timestamptz, x) as (x at time zone 'UTC')::date,
  (w varchar, x) as x::timestamp::date, (w bigint, x) as x, (w double, x) as trunc(x),
  (w decimal(38, 0), x) as trunc(x);
create macro _timezone(w timestamp, x, zone) as x at time zone zone, (w timestamptz, x, zone) as x at time zone zone,
  (w date, x, zone) as x::timestamp at time zone zone, (w varchar, x, zone) as x::timestamp at time zone zone;

-- Numbers. SUM of integers is a BIGINT; AVG of integers is one too, truncated; AVG of decimals keeps their scale.
create macro _sum(w bigint, s) as s::bigint, (w double, s) as s, (w decimal(38, 0), s) as s, (w hugeint, s) as s;
create macro _average(w bigint, s, n) as (s // nullif(n, 0))::bigint, (w double, s, n) as s / nullif(n, 0),
  (w decimal(38, 0), s, n) as cast_to_type(s / nullif(n, 0), s), (w hugeint, s, n) as s // nullif(n, 0);
create macro rs_dexp(x) as exp(x);
create macro rs_dlog1(x) as ln(x);
create macro rs_dlog10(x) as log10(x);
create macro rs_dsqrt(x) as sqrt(x);
create macro rs_mod(a, b) as a % b;
create macro rs_to_hex(x) as lower(to_hex(x));
create macro rs_random() as random();

-- Text. A cast to VARCHAR writes a DOUBLE without a trailing .0; a VARCHAR(n) counts bytes and keeps whole characters.
create macro _text(w double, x) as regexp_replace(x::varchar, '\.0$', ''), (w real, x) as
  regexp_replace(x::varchar, '\.0$', ''), (w bigint, x) as x::varchar, (w decimal(38, 0), x) as x::varchar,
  (w, x) as x::varchar;
create macro _clip(s, n) as case when strlen(s) <= n then s
  else left(s, list_max(list_filter(range(0, n + 1), lambda k: strlen(left(s, k)) <= n))) end;
create macro rs_len(s) as length(s::varchar);
create macro rs_octet_length(s) as strlen(s::varchar);
create macro rs_charindex(part, s) as strpos(s, part);
create macro rs_btrim(s) as trim(s), (s, characters) as trim(s, characters);
create macro rs_lpad(s, n) as lpad(s, n, ' '), (s, n, fill) as lpad(s, n, fill);
create macro rs_rpad(s, n) as rpad(s, n, ' '), (s, n, fill) as rpad(s, n, fill);
create macro rs_replicate(s, n) as repeat(s, n);
create macro rs_concat(a, b) as a || b;
create macro rs_quote_ident(s) as '"' || replace(s, '"', '""') || '"';
create macro rs_quote_literal(s) as '''' || replace(s, '''', '''''') || '''';
create macro _substring(s, start, n) as
  substring(s, greatest(start, 1)::bigint, greatest(n + least(start, 1) - 1, 0)::bigint);
create macro _substring_from(s, start) as substring(s, greatest(start, 1)::bigint);
create macro _regexp_substr(s, p, start, occurrence, part, options) as case when s is null or p is null then null
  else coalesce(list_extract(regexp_extract_all(substring(s, greatest(start, 1)), p, part, options), occurrence), '')
  end;
create macro _regexp_count(s, p, start, options) as
  len(regexp_extract_all(substring(s, greatest(start, 1)), p, 0, options));
create macro _regexp_instr(s, p, start, options) as case
  when regexp_matches(substring(s, greatest(start, 1)), p, options) then greatest(start, 1) + length(
    regexp_extract(substring(s, greatest(start, 1)), '^((?s:.*?))(?:' || p || ')', 1, options))
  when s is null or p is null then null else 0 end;
create macro _regexp_replace(s, p, r, start, options) as left(s, greatest(start, 1) - 1)
  || regexp_replace(substring(s, greatest(start, 1)), p, r, options);

-- What LISTAGG(DISTINCT x) collected. A value too long for its column is refused, never cut.
create macro _join(found, delimiter) as nullif(array_to_string(list_filter(list_transform(found, lambda v: v::varchar),
  lambda v: v <> ''), delimiter), '');
create macro _fit(s, n, kind) as case when strlen(s::varchar) <= n or s is null then s
  else error('value too long for type ' || kind || '(' || n || ')') end;

-- JSON in text and in SUPER. A path that leads nowhere is an empty string; broken JSON is an error.
create macro _json_text(j, path) as case when j is null or path is null then null
  else coalesce(j::json ->> path, '') end;
create macro _json_text_or_null(j, path) as case when json_valid(j) then coalesce(j ->> path, '') end;
create macro rs_json_extract_array_element_text(j, i) as _json_text(j, '$[' || i || ']'),
  (j, i, null_if_invalid) as _json_text_or_null(j, '$[' || i || ']');
create macro rs_json_array_length(j) as case json_type(j::json) when 'ARRAY' then json_array_length(j::json)
  else error('JSON parsing error: not an array') end;
create macro rs_is_valid_json(j) as json_valid(j);
create macro rs_is_valid_json_array(j) as json_valid(j) and json_type(case when json_valid(j) then j end) = 'ARRAY';
create macro rs_json_parse(j) as j::json;
create macro rs_can_json_parse(j) as json_valid(j);
create macro rs_json_serialize(j) as j::json::varchar;
create macro rs_json_typeof(j) as case json_type(j::json) when 'VARCHAR' then 'string' when 'OBJECT' then 'object'
  when 'ARRAY' then 'array' when 'BOOLEAN' then 'boolean' when 'NULL' then 'null' else 'number' end;
create macro rs_get_array_length(j) as case json_type(j::json) when 'ARRAY' then json_array_length(j::json) end;

-- Conditions and hashes.
create macro rs_nvl2(x, a, b) as case when x is not null then a else b end;
create macro rs_func_sha1(s) as sha1(s);
create macro rs_sha(s) as sha1(s);
create macro _fnv_hash(w smallint, x, seed) as _fnv_number(x::bigint, 2, seed),
  (w integer, x, seed) as _fnv_number(x::bigint, 4, seed), (w bigint, x, seed) as _fnv_number(x, 8, seed),
  (w varchar, x, seed) as _fnv_text(x, seed);

-- The session, as it was opened; see Session.
create macro rs_pg_backend_pid() as getvariable('redshift_pid')::integer;
create macro rs_pg_last_query_id() as coalesce(getvariable('redshift_last_query'), -1)::bigint;
create macro rs_pg_last_copy_id() as coalesce(getvariable('redshift_last_copy'), -1)::bigint;
create macro rs_pg_last_copy_count() as coalesce(getvariable('redshift_last_copy_count'), 0)::bigint;
create macro rs_pg_last_unload_id() as coalesce(getvariable('redshift_last_unload'), -1)::bigint;
create macro rs_pg_last_unload_count() as coalesce(getvariable('redshift_last_unload_count'), 0)::bigint;
create macro rs_version() as 'PostgreSQL 8.0.2, local_aws, Redshift on DuckDB ' || version();
create macro rs_current_database() as current_database();
create macro rs_current_schema() as current_schema();
