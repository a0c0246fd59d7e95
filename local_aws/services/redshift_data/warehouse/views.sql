-- Redshift's catalog as views over DuckDB's, for the database of the session. Declared types stand in the comments of
-- columns, physical attributes in the comments of tables. One statement ends at each semicolon at the end of a line.

create table load_errors (query bigint, table_name varchar, starttime timestamp, filename varchar, line_number bigint,
  colname varchar, type varchar, col_length varchar, position integer, raw_line varchar, raw_field_value varchar,
  err_code integer, err_reason varchar);
create table unload_log (query bigint, path varchar, line_count bigint, transfer_size bigint, file_format varchar,
  end_time timestamp);
create view stl_load_errors as select 100 as userid, 0 as slice, 0 as tbl, * from load_errors;
create view sys_load_error_detail as select 100 as user_id, query as query_id, starttime as start_time, table_name,
  filename as file_name, line_number, position as column_position, colname as column_name, type as column_type,
  col_length as column_length, raw_field_value as raw_field_value, raw_line, err_code as error_code,
  err_reason as error_message from load_errors;
create view stl_unload_log as select 100 as userid, 0 as slice, * from unload_log;
create view sys_unload_detail as select 100 as user_id, query as query_id, path as file_name, line_count as row_count,
  transfer_size as file_size, file_format from unload_log;
create view _relations as select database_name, schema_name, table_name, comment, 'TABLE' as kind, temporary, estimated_size
  from duckdb_tables() where database_name in (current_database(), 'temp') and not internal
  union all select database_name, schema_name, view_name, comment, 'VIEW', temporary, 0
  from duckdb_views() where database_name = current_database() and not internal;
create view _physical as select *, case when json_valid(comment) then comment else '{}' end as stored
  from _relations where kind = 'TABLE';
create view svv_tables as select database_name as table_catalog, schema_name as table_schema, table_name,
  case kind when 'TABLE' then 'BASE TABLE' else kind end as table_type, null::varchar as remarks from _relations;
create view svv_all_tables as select database_name, schema_name, table_name, kind as table_type, null::varchar as table_acl,
  null::varchar as remarks from _relations;
create view svv_columns as select database_name as table_catalog, schema_name as table_schema, table_name, column_name,
  column_index as ordinal_position, column_default, case when is_nullable then 'YES' else 'NO' end as is_nullable,
  coalesce(comment, lower(data_type)) as data_type
  from duckdb_columns() where database_name = current_database() and not internal;
create view svv_all_columns as select table_catalog as database_name, table_schema as schema_name, table_name,
  column_name, ordinal_position, column_default, is_nullable, data_type from svv_columns;
create view _information_tables as select table_catalog, table_schema, table_name, table_type from svv_tables;
create view _information_columns as select c.database_name as table_catalog, c.schema_name as table_schema, c.table_name,
  c.column_name, c.column_index as ordinal_position, c.column_default, case when c.is_nullable then 'YES' else 'NO' end
  as is_nullable, regexp_replace(coalesce(c.comment, lower(c.data_type)), '\(.*', '') as data_type,
  nullif(regexp_extract(c.comment, 'character[a-z ]*\((\d+)\)', 1), '')::integer as character_maximum_length,
  c.numeric_precision, c.numeric_scale
  from duckdb_columns() c where c.database_name = current_database() and not c.internal;
create view pg_table_def as select c.schema_name as schemaname, c.table_name as tablename, c.column_name as "column",
  coalesce(c.comment, lower(c.data_type)) as type,
  coalesce(p.stored ->> ('$.encodings."' || c.column_name || '"'), 'none') as encoding,
  coalesce(p.stored ->> '$.distkey' = c.column_name, false) as distkey,
  coalesce(list_position(from_json(p.stored -> '$.sortkey', '["varchar"]'), c.column_name), 0) as sortkey,
  not c.is_nullable as "notnull"
  from duckdb_columns() c join _physical p using (database_name, schema_name, table_name) where not c.internal;
create view svv_table_info as select database_name as database, schema_name as schema, table_name as "table",
  case p.stored ->> '$.diststyle' when 'KEY' then 'KEY(' || (p.stored ->> '$.distkey') || ')'
  when 'AUTO' then 'AUTO(ALL)' else coalesce(p.stored ->> '$.diststyle', 'AUTO(ALL)') end as diststyle,
  coalesce(p.stored ->> '$.sortkey[0]', 'AUTO(SORTKEY)') as sortkey1, estimated_size as tbl_rows from _physical p;
