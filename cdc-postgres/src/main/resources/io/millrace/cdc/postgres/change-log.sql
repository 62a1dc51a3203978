-- The change log of Millrace. Idempotent: running it again changes nothing, running it after an upgrade brings it up to date.
-- Run again, it takes no lock that a writer or a reader waits for: each ALTER and each index is made only where it is missing.
-- A line of two dashes and two semicolons ends a statement. ${service} is the service's tag, as a quoted literal.

CREATE SCHEMA IF NOT EXISTS millrace;
--;;
-- An older release than the one that installed the log must not put its own functions in place of the newer ones.
DO $millrace$
DECLARE
  v_format smallint := 0;
BEGIN
  IF to_regclass('millrace.registration') IS NOT NULL THEN
    SELECT format INTO v_format FROM millrace.registration;
  END IF;
  IF v_format > 2 THEN
    RAISE EXCEPTION 'millrace: the change log has format %, this release installs format 2 and reads nothing newer.'
      ' Install with the release that installed it, or a newer one.', v_format;
  END IF;
END $millrace$;
--;;
-- Names the log. The epoch rises, and is stored here first, whenever the log's identity changes.
CREATE TABLE IF NOT EXISTS millrace.registration (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  log text NOT NULL,
  epoch bigint NOT NULL DEFAULT 0,
  format smallint NOT NULL,
  identity text NOT NULL DEFAULT '');
--;;
INSERT INTO millrace.registration (log, format)
  VALUES (${service} || '-' || substr(md5(gen_random_uuid()::text), 1, 8), 1)
  ON CONFLICT (single) DO NOTHING;
--;;
-- Who reads the log, and up to where: retention never passes a reader.
CREATE TABLE IF NOT EXISTS millrace.reader (
  pipeline text PRIMARY KEY,
  nonce text NOT NULL,
  position text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp());
--;;
-- What retention must not drop yet: rows of other transactions than those below bound that are no members, and the rows of the witness.
-- Without an incarnation everything. lost: what was dropped nevertheless, at the hard limit.
DO $millrace$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass('millrace.reader') AND attname = 'lost') THEN
    ALTER TABLE millrace.reader
      ADD COLUMN incarnation bigint,
      ADD COLUMN bound bigint NOT NULL DEFAULT 0,
      ADD COLUMN members bigint[] NOT NULL DEFAULT '{}',
      ADD COLUMN witness bigint[] NOT NULL DEFAULT '{}',
      ADD COLUMN lost text;
  END IF;
END $millrace$;
--;;
-- The highest transaction whose rows retention has ever dropped: who is not registered can tell whether something was dropped for it.
DO $millrace$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass('millrace.registration') AND attname = 'dropped_xid') THEN
    ALTER TABLE millrace.registration ADD COLUMN dropped_incarnation bigint, ADD COLUMN dropped_xid bigint;
  END IF;
END $millrace$;
--;;
-- CACHE 1, so that ids rise within one row: they are drawn under the row's lock.
CREATE SEQUENCE IF NOT EXISTS millrace.change_log_id CACHE 1 NO CYCLE;
--;;
DO $millrace$ BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_sequence
      WHERE seqrelid = to_regclass('millrace.change_log_id') AND (seqcache <> 1 OR seqincrement <> 1 OR seqcycle)) THEN
    ALTER SEQUENCE millrace.change_log_id CACHE 1 INCREMENT 1 NO CYCLE;
  END IF;
END $millrace$;
--;;
-- A log in one table, of an earlier installation, becomes the first segment.
DO $millrace$ BEGIN
  IF (SELECT relkind FROM pg_catalog.pg_class WHERE oid = to_regclass('millrace.change_log')) = 'r' THEN
    ALTER TABLE millrace.change_log RENAME TO change_log_0;
    ALTER INDEX millrace.change_log_pkey RENAME TO change_log_0_pkey;
    ALTER INDEX IF EXISTS millrace.change_log_xid RENAME TO change_log_0_xid;
    DROP INDEX IF EXISTS millrace.change_log_xid_id; -- the very first one's, on other columns
    ALTER TABLE millrace.change_log_0 ADD COLUMN IF NOT EXISTS event bytea, ADD COLUMN IF NOT EXISTS old_record text,
      ADD COLUMN IF NOT EXISTS new_record text;
  END IF;
END $millrace$;
--;;
-- Segments of 2^36 ids each, of which only the first are used: the log goes on in the next one by setting the sequence ahead, so that no
-- writer ever waits for a segment or finds none.
CREATE TABLE IF NOT EXISTS millrace.change_log (
  id bigint PRIMARY KEY DEFAULT nextval('millrace.change_log_id'),
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  incarnation bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  format smallint NOT NULL DEFAULT 1,
  depth smallint NOT NULL,
  hops smallint NOT NULL DEFAULT 0,
  applied boolean NOT NULL DEFAULT false,
  op "char" NOT NULL,
  relation text NOT NULL,
  origin text,
  old json,
  new json,
  event bytea,
  old_record text,
  new_record text) PARTITION BY RANGE (id);
--;;
-- Columns that earlier releases had not, waiting for writers only then: what an application appended (event), and, in rows of format 2, the
-- text of a state with json in it, which tells the JSON null from SQL's NULL; NULL where the state holds no null of JSON's.
DO $millrace$
DECLARE
  v_column text[];
BEGIN
  FOREACH v_column SLICE 1 IN ARRAY ARRAY[['event', 'bytea'], ['old_record', 'text'], ['new_record', 'text']] LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass('millrace.change_log') AND attname = v_column[1]) THEN
      EXECUTE format('ALTER TABLE millrace.change_log ADD COLUMN %I %s', v_column[1], v_column[2]);
    END IF;
  END LOOP;
END $millrace$;
--;;
-- IF NOT EXISTS would wait for every writer first, and let every later one wait.
DO $millrace$ BEGIN
  IF to_regclass('millrace.change_log_xid') IS NULL THEN
    CREATE INDEX change_log_xid ON millrace.change_log (incarnation, xid, id);
  END IF;
END $millrace$;
--;;
CREATE OR REPLACE FUNCTION millrace.make_segment(p_number bigint) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $millrace$
DECLARE
  v_name text := format('millrace.change_log_%s', p_number);
BEGIN
  IF to_regclass(v_name) IS NULL THEN
    EXECUTE format('CREATE TABLE %s (LIKE millrace.change_log INCLUDING DEFAULTS)', v_name);
  END IF;
  IF NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(v_name)) THEN
    EXECUTE format('ALTER TABLE millrace.change_log ATTACH PARTITION %s FOR VALUES FROM (%s) TO (%s)',
      v_name, p_number << 36, (p_number + 1) << 36);
  END IF;
END
$millrace$;
--;;
REVOKE ALL ON FUNCTION millrace.make_segment(bigint) FROM PUBLIC;
--;;
-- Where the log is written now, and the next, which must be there before it is needed.
SELECT millrace.make_segment(n.number) FROM millrace.change_log_id s, LATERAL (VALUES (s.last_value >> 36), ((s.last_value >> 36) + 1)) AS n (number);
--;;
-- Differs after a dump is restored elsewhere, where transaction ids start anew. IMMUTABLE, since it is one value for as long as a session
-- lasts: so a session's first plans of what calls it hold it as a constant. The control file is slow to read for each row, and a setting,
-- which would keep it too, is the writer's to set: rows of another incarnation are not looked at.
CREATE OR REPLACE FUNCTION millrace.incarnation() RETURNS bigint
  LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $millrace$
BEGIN
  RETURN (SELECT c.system_identifier # d.oid::bigint FROM pg_control_system() c, pg_database d WHERE d.datname = current_database());
END
$millrace$;
--;;
-- Lets the log go on in the next segment when the present one holds so many rows or is so old. Locks nothing that a writer needs.
CREATE OR REPLACE FUNCTION millrace.rotate(p_rows bigint, p_age interval) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $millrace$
DECLARE
  v_last bigint;
  v_number bigint;
  v_since timestamptz;
BEGIN
  IF NOT pg_try_advisory_xact_lock(7883960442373661540) THEN
    RETURN false;
  END IF;
  SELECT last_value INTO v_last FROM millrace.change_log_id;
  v_number := v_last >> 36;
  -- The next one is made in one transaction and used in a later one: until it is committed nobody could write there.
  IF to_regclass(format('millrace.change_log_%s', v_number + 1)) IS NULL THEN
    PERFORM millrace.make_segment(v_number + 1);
    RETURN false;
  END IF;
  SELECT at INTO v_since FROM millrace.change_log WHERE id >= v_number << 36 AND id < (v_number + 1) << 36 ORDER BY id LIMIT 1;
  IF v_since IS NULL OR (v_last - (v_number << 36) < p_rows AND v_since > clock_timestamp() - p_age) THEN
    RETURN false;
  END IF;
  PERFORM setval('millrace.change_log_id', (v_number + 1) << 36, false);
  PERFORM millrace.make_segment(v_number + 2);
  RETURN true;
END
$millrace$;
--;;
-- Whether a reader needs something that the segment holds.
CREATE OR REPLACE FUNCTION millrace.is_needed(p_segment regclass, p_reader millrace.reader) RETURNS boolean
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $millrace$
DECLARE
  v_found boolean;
BEGIN
  EXECUTE format('SELECT $1 IS NULL OR EXISTS (SELECT FROM %1$s WHERE incarnation = $1 AND xid >= $2::text::xid8)
      OR EXISTS (SELECT FROM unnest($3) AS m CROSS JOIN %1$s s WHERE s.incarnation = $1 AND s.xid = m::text::xid8)
      OR EXISTS (SELECT FROM unnest($4) AS w JOIN %1$s s ON s.id = w)
      OR ($1 <> $5 AND EXISTS (SELECT FROM %1$s WHERE incarnation <> $1))', p_segment)
    USING p_reader.incarnation, p_reader.bound, p_reader.members, p_reader.witness, millrace.incarnation()
    INTO v_found;
  RETURN v_found;
END
$millrace$;
--;;
-- Drops empty segments, as many as may go at once. That needs the parent's lock, for which every writer that comes would wait: so it is taken
-- only where nobody is in the way, until many have piled up; then 30 ms are waited for it.
CREATE OR REPLACE FUNCTION millrace.drop_segments(p_empty regclass[]) RETURNS text
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '30ms' AS $millrace$
DECLARE
  v_segment regclass;
  v_written boolean;
  v_dropped text[] := '{}';
BEGIN
  IF cardinality(p_empty) < 20 THEN
    LOCK TABLE ONLY millrace.change_log IN ACCESS EXCLUSIVE MODE NOWAIT;
  ELSE
    LOCK TABLE ONLY millrace.change_log IN ACCESS EXCLUSIVE MODE;
  END IF;
  FOREACH v_segment IN ARRAY p_empty[1:100] LOOP
    BEGIN
      EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE NOWAIT', v_segment);
      EXECUTE format('SELECT EXISTS (SELECT FROM %s)', v_segment) INTO v_written;
      IF NOT v_written THEN
        v_dropped := v_dropped || v_segment::text;
        EXECUTE format('DROP TABLE %s', v_segment);
      END IF;
    EXCEPTION WHEN lock_not_available THEN
      NULL; -- another time
    END;
  END LOOP;
  RETURN 'dropped ' || nullif(array_to_string(v_dropped, ', '), '');
EXCEPTION WHEN lock_not_available THEN
  RETURN NULL;
END
$millrace$;
--;;
REVOKE ALL ON FUNCTION millrace.drop_segments(regclass[]) FROM PUBLIC;
--;;
-- Empties one segment that nobody needs and that is old enough, or drops those that were emptied; says which, or NULL. Past the hard limits
-- (NULL: there are none) it is emptied whoever needs it, and the reader learns of it. Takes locks for milliseconds only, and gives up
-- rather than wait: a transaction that is open and has written the segment keeps it.
CREATE OR REPLACE FUNCTION millrace.retain(p_keep interval, p_unread_for interval, p_unread_bytes bigint) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '30ms' AS $millrace$
DECLARE
  v_present bigint;
  v_bytes bigint;
  v_segment record;
  v_until timestamptz;
  v_why text;
  v_needed text[];
  v_empty regclass[] := '{}';
  v_xid bigint;
BEGIN
  IF NOT pg_try_advisory_xact_lock(7883960442373661540) THEN
    RETURN NULL;
  END IF;
  SELECT last_value >> 36 INTO v_present FROM millrace.change_log_id;
  SELECT sum(pg_total_relation_size(inhrelid)) INTO v_bytes FROM pg_inherits WHERE inhparent = 'millrace.change_log'::regclass;
  FOR v_segment IN
    SELECT i.inhrelid::regclass AS part, substring(c.relname FROM '[0-9]+$')::bigint AS number
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'millrace.change_log'::regclass AND substring(c.relname FROM '[0-9]+$')::bigint < v_present
    ORDER BY 2
  LOOP
    BEGIN
      EXECUTE format('SELECT at FROM %s ORDER BY id DESC LIMIT 1', v_segment.part) INTO v_until;
      IF v_until IS NULL THEN
        v_empty := v_empty || v_segment.part;
        CONTINUE;
      END IF;
      CONTINUE WHEN v_until > clock_timestamp() - p_keep;
      v_why := CASE
        WHEN v_until < clock_timestamp() - p_unread_for THEN format('they were older than the limit of %s for what is not read', p_unread_for)
        WHEN v_bytes > p_unread_bytes THEN format('the log held %s bytes, the limit for what is not read is %s', v_bytes, p_unread_bytes) END;
      CONTINUE WHEN v_why IS NULL AND EXISTS (SELECT FROM millrace.reader r WHERE millrace.is_needed(v_segment.part, r));
      EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', v_segment.part);
      -- Who registers now waits for what is dropped here. A transaction that the lock waited for may have ended only now.
      PERFORM FROM millrace.registration FOR UPDATE;
      SELECT array_agg(r.pipeline) INTO v_needed FROM millrace.reader r WHERE millrace.is_needed(v_segment.part, r);
      CONTINUE WHEN v_needed IS NOT NULL AND v_why IS NULL;
      UPDATE millrace.reader SET lost = coalesce(lost,
          format('%s with changes up to %s was emptied at %s before it was read, since %s', v_segment.part, v_until, clock_timestamp(), v_why))
        WHERE pipeline = ANY (v_needed);
      EXECUTE format('SELECT xid::text::bigint FROM %s WHERE incarnation = $1 ORDER BY xid DESC LIMIT 1', v_segment.part)
        USING millrace.incarnation() INTO v_xid;
      UPDATE millrace.registration SET dropped_incarnation = millrace.incarnation(),
        dropped_xid = greatest(CASE WHEN dropped_incarnation = millrace.incarnation() THEN dropped_xid END, v_xid, 0);
      EXECUTE format('TRUNCATE TABLE %s', v_segment.part);
      RETURN format('emptied %s%s', v_segment.part,
        CASE WHEN v_needed IS NULL THEN '' ELSE format(', which %s had not read, since %s', array_to_string(v_needed, ', '), v_why) END);
    EXCEPTION WHEN lock_not_available THEN
      NULL; -- another time
    END;
  END LOOP;
  RETURN millrace.drop_segments(v_empty);
END
$millrace$;
--;;
REVOKE ALL ON FUNCTION millrace.rotate(bigint, interval) FROM PUBLIC;
--;;
REVOKE ALL ON FUNCTION millrace.retain(interval, interval, bigint) FROM PUBLIC;
--;;
-- How a ledger row names a row of a captured table: its key columns in key order, as the text of a jsonb array. Numbers stand
-- without trailing zeros, since 1.0 and 1.00 are one key.
CREATE OR REPLACE FUNCTION millrace.mark_key(p_row jsonb, p_key text[]) RETURNS text
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $millrace$
  SELECT coalesce(jsonb_agg(CASE jsonb_typeof(p_row -> k.name)
      WHEN 'number' THEN to_jsonb(trim_scale((p_row ->> k.name)::numeric))
      ELSE p_row -> k.name END ORDER BY k.position), '[]'::jsonb)::text
    FROM unnest(p_key) WITH ORDINALITY AS k (name, position)
$millrace$;
--;;
-- Whether an applier made this change (ARCHITECTURE.md, Echo). Called only where the transaction carries an applier's origin.
-- A mark without a key names every row of its table.
CREATE OR REPLACE FUNCTION millrace.is_applied(p_table text, p_key text, p_mark bigint) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $millrace$
BEGIN
  IF to_regclass('millrace.ledger') IS NULL THEN
    RETURN false; -- no applier was ever here
  END IF;
  RETURN EXISTS (
    SELECT FROM millrace.ledger l
    WHERE l.xid = pg_current_xact_id() AND l.mark = p_mark AND l.mark_table = p_table AND l.mark_key = p_key)
  OR EXISTS (
    SELECT FROM millrace.ledger l
    WHERE l.xid = pg_current_xact_id() AND l.mark = p_mark AND l.mark_table = p_table AND l.mark_key = '[]');
END
$millrace$;
--;;
-- A row's text where the session's settings, or the table's types, would make it depend on who writes.
CREATE OR REPLACE FUNCTION millrace.exact(p_row record) RETURNS json
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
  SET extra_float_digits = 1
  SET IntervalStyle = 'postgres'
  SET DateStyle = 'ISO, MDY'
  SET TimeZone = 'UTC'
  SET lc_monetary = 'C'
  SET quote_all_identifiers = off
AS $millrace$ BEGIN RETURN row_to_json(p_row); END $millrace$;
--;;
REVOKE ALL ON FUNCTION millrace.exact(record) FROM PUBLIC;
--;;
-- Whether two states differ in nothing but these columns. jsonb is quick to say that they differ, but takes some json texts for equal. Where
-- there may be a JSON null, which both forms take for SQL's NULL, the answer is no: the reader looks closer.
CREATE OR REPLACE FUNCTION millrace.differ_only_in(p_old record, p_new record, p_columns text[]) RETURNS boolean
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $millrace$
BEGIN
  RETURN strpos(p_old::text || p_new::text, 'null') = 0
    AND (to_jsonb(p_old) - p_columns)::text = (to_jsonb(p_new) - p_columns)::text
    AND NOT EXISTS (SELECT FROM json_each_text(millrace.exact(p_old)) o JOIN json_each_text(millrace.exact(p_new)) n ON n.key = o.key
      WHERE o.value IS DISTINCT FROM n.value AND o.key <> ALL (p_columns));
END
$millrace$;
--;;
REVOKE ALL ON FUNCTION millrace.differ_only_in(record, record, text[]) FROM PUBLIC;
--;;
-- Writes one change where more is to be looked at than on the usual way; p_arguments are the trigger's.
CREATE OR REPLACE FUNCTION millrace.capture_with_care(p_op text, p_old record, p_new record, p_arguments text[]) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $millrace$
DECLARE
  v_origin text := nullif(current_setting('millrace.origin', true), '');
  v_key text;
  v_hops int := 0;
  v_applied boolean := false;
BEGIN
  IF p_op = 'UPDATE' AND (p_old *= p_new
      OR p_arguments[2] <> '{}' AND millrace.differ_only_in(p_old, p_new, p_arguments[2]::text[])) THEN
    RETURN;
  END IF;
  IF v_origin IS NOT NULL THEN
    IF split_part(v_origin, ':', 2) <> pg_current_xact_id()::text THEN
      v_origin := NULL; -- left behind by another transaction
    ELSIF split_part(v_origin, ':', 1) <> 'v1' THEN
      RAISE EXCEPTION 'millrace: the origin ''%'' is of a newer release than the change log. Install the newer change log here.', v_origin;
    ELSE
      v_hops := least(greatest(split_part(v_origin, ':', 4)::int, 0), 30000) + 1;
      IF pg_trigger_depth() = 1 THEN
        v_key := CASE p_op
          WHEN 'TRUNCATE' THEN '[]'
          WHEN 'DELETE' THEN millrace.mark_key(to_jsonb(p_old), p_arguments[1]::text[])
          ELSE millrace.mark_key(to_jsonb(p_new), p_arguments[1]::text[]) END;
        v_applied := millrace.is_applied(p_arguments[0], v_key, split_part(v_origin, ':', 3)::bigint);
      END IF;
    END IF;
  END IF;
  INSERT INTO millrace.change_log (incarnation, depth, hops, applied, op, relation, origin, old, new, format, old_record, new_record)
    VALUES (millrace.incarnation(), pg_trigger_depth(), v_hops, v_applied, p_op::"char", p_arguments[0], v_origin,
      CASE WHEN p_op IN ('UPDATE', 'DELETE') THEN millrace.exact(p_old) END,
      CASE WHEN p_op IN ('INSERT', 'UPDATE') THEN millrace.exact(p_new) END,
      2,
      CASE WHEN p_op IN ('UPDATE', 'DELETE') AND strpos(p_old::text, 'null') > 0 THEN p_old::text END,
      CASE WHEN p_op IN ('INSERT', 'UPDATE') AND strpos(p_new::text, 'null') > 0 THEN p_new::text END);
END
$millrace$;
--;;
REVOKE ALL ON FUNCTION millrace.capture_with_care(text, record, record, text[]) FROM PUBLIC;
--;;
-- Writes one change. Arguments: the table's name, its key columns, the columns that do not count when they change alone, and (none in the
-- triggers of earlier releases) 'plain', 'json' where the table holds JSON, whose null is told from SQL's NULL by the row's own text, or 'exact'
-- where the text of one of the table's types depends on more settings than are looked at here. The writer's session pays for it: one condition
-- and one statement, since every expression of a PL/pgSQL function is prepared anew in each transaction; no WHEN on the trigger and no SET
-- here, which cost as much again. So every name in it is qualified: the search_path is the writer's.
CREATE OR REPLACE FUNCTION millrace.capture() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER AS $millrace$
BEGIN
  IF TG_ARGV[3] OPERATOR(pg_catalog.<>) 'exact' AND TG_ARGV[2] OPERATOR(pg_catalog.=) '{}'
      AND coalesce(pg_catalog.current_setting('millrace.origin', true), '') OPERATOR(pg_catalog.=) ''
      AND pg_catalog.current_setting('extra_float_digits') COLLATE pg_catalog."C" OPERATOR(pg_catalog.>) '0'
      AND pg_catalog.current_setting('IntervalStyle') OPERATOR(pg_catalog.=) 'postgres'
      AND pg_catalog.current_setting('DateStyle') OPERATOR(pg_catalog.^@) 'ISO'
      AND (OLD OPERATOR(pg_catalog.*=) NEW) IS NOT TRUE THEN
    IF TG_ARGV[3] OPERATOR(pg_catalog.=) 'json' THEN
      INSERT INTO millrace.change_log (incarnation, depth, op, relation, old, new, format, old_record, new_record)
        SELECT millrace.incarnation(), pg_catalog.pg_trigger_depth(), TG_OP::pg_catalog."char", TG_ARGV[0], r.o, r.n, 2,
          CASE WHEN pg_catalog.strpos(r.o::pg_catalog.text, 'null') OPERATOR(pg_catalog.>) 0 THEN OLD::pg_catalog.text END,
          CASE WHEN pg_catalog.strpos(r.n::pg_catalog.text, 'null') OPERATOR(pg_catalog.>) 0 THEN NEW::pg_catalog.text END
        FROM (SELECT pg_catalog.row_to_json(OLD) AS o, pg_catalog.row_to_json(NEW) AS n OFFSET 0) AS r;
    ELSE
      INSERT INTO millrace.change_log (incarnation, depth, op, relation, old, new)
        VALUES (millrace.incarnation(), pg_catalog.pg_trigger_depth(), TG_OP::pg_catalog."char", TG_ARGV[0],
          pg_catalog.row_to_json(OLD), pg_catalog.row_to_json(NEW));
    END IF;
  ELSE
    PERFORM millrace.capture_with_care(TG_OP, OLD, NEW, TG_ARGV);
  END IF;
  RETURN NULL;
END
$millrace$;
--;;
-- The same for a table of which no type's text depends on any setting, and with no column to ignore, as most are: it looks at less.
CREATE OR REPLACE FUNCTION millrace.capture_settled() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER AS $millrace$
BEGIN
  IF coalesce(pg_catalog.current_setting('millrace.origin', true), '') OPERATOR(pg_catalog.=) ''
      AND (OLD OPERATOR(pg_catalog.*=) NEW) IS NOT TRUE THEN
    INSERT INTO millrace.change_log (incarnation, depth, op, relation, old, new)
      VALUES (millrace.incarnation(), pg_catalog.pg_trigger_depth(), TG_OP::pg_catalog."char", TG_ARGV[0],
        pg_catalog.row_to_json(OLD), pg_catalog.row_to_json(NEW));
  ELSE
    PERFORM millrace.capture_with_care(TG_OP, OLD, NEW, TG_ARGV);
  END IF;
  RETURN NULL;
END
$millrace$;
--;;
REVOKE ALL ON FUNCTION millrace.capture_settled() FROM PUBLIC;
--;;
-- The same for such a table with JSON in it.
CREATE OR REPLACE FUNCTION millrace.capture_json() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER AS $millrace$
BEGIN
  IF coalesce(pg_catalog.current_setting('millrace.origin', true), '') OPERATOR(pg_catalog.=) ''
      AND (OLD OPERATOR(pg_catalog.*=) NEW) IS NOT TRUE THEN
    INSERT INTO millrace.change_log (incarnation, depth, op, relation, old, new, format, old_record, new_record)
      SELECT millrace.incarnation(), pg_catalog.pg_trigger_depth(), TG_OP::pg_catalog."char", TG_ARGV[0], r.o, r.n, 2,
        CASE WHEN pg_catalog.strpos(r.o::pg_catalog.text, 'null') OPERATOR(pg_catalog.>) 0 THEN OLD::pg_catalog.text END,
        CASE WHEN pg_catalog.strpos(r.n::pg_catalog.text, 'null') OPERATOR(pg_catalog.>) 0 THEN NEW::pg_catalog.text END
      FROM (SELECT pg_catalog.row_to_json(OLD) AS o, pg_catalog.row_to_json(NEW) AS n OFFSET 0) AS r;
  ELSE
    PERFORM millrace.capture_with_care(TG_OP, OLD, NEW, TG_ARGV);
  END IF;
  RETURN NULL;
END
$millrace$;
--;;
REVOKE ALL ON FUNCTION millrace.capture_json() FROM PUBLIC;
--;;
REVOKE ALL ON FUNCTION millrace.capture() FROM PUBLIC;
--;;
-- TRUNCATE of one partition: its rows are logged as deleted. Not where the whole table is truncated, which its own trigger has logged just
-- before, nor where the partition was detached and kept this trigger.
CREATE OR REPLACE FUNCTION millrace.capture_truncated() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = off AS $millrace$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_partition_ancestors(TG_RELID) a JOIN pg_class c ON c.oid = a.relid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname || '.' || c.relname = TG_ARGV[0])
    OR EXISTS (SELECT FROM (SELECT op, relation FROM millrace.change_log
        WHERE incarnation = millrace.incarnation() AND xid = pg_current_xact_id() ORDER BY id DESC LIMIT 1) l
      WHERE l.op = 'T' AND l.relation = TG_ARGV[0]) THEN
    RETURN NULL;
  END IF;
  EXECUTE format('SELECT millrace.capture_with_care(''DELETE'', t, NULL::record, $1) FROM ONLY %s AS t', TG_RELID::regclass) USING TG_ARGV;
  RETURN NULL;
END
$millrace$;
--;;
REVOKE ALL ON FUNCTION millrace.capture_truncated() FROM PUBLIC;
--;;
-- The partitions with rows of captured tables, as they were last taken notice of. state: 'known', or 'brought' for one that was attached with rows.
CREATE TABLE IF NOT EXISTS millrace.partition (
  relation text NOT NULL,
  part oid NOT NULL,
  name text NOT NULL,
  state text NOT NULL,
  PRIMARY KEY (relation, part));
--;;
-- Whether a partition has rows from before it was attached, which no trigger saw. One that was made in the transaction that attached it, as most
-- are, can only have them at its beginning.
CREATE OR REPLACE FUNCTION millrace.has_brought_rows(p_parent regclass, p_part regclass) RETURNS boolean
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET row_security = off AS $millrace$
DECLARE
  v_xmin xid;
  v_cmin cid;
  v_found boolean;
BEGIN
  -- A partition of a partition came with the youngest link of the chain.
  SELECT i.xmin, i.cmin INTO v_xmin, v_cmin FROM pg_inherits i
    WHERE i.inhrelid <> p_parent AND i.inhrelid IN (SELECT relid FROM pg_partition_ancestors(p_part))
    ORDER BY age(i.xmin), i.cmin::text::bigint DESC LIMIT 1;
  EXECUTE format('SELECT EXISTS (SELECT FROM ONLY %s AS t WHERE (age(t.xmin) > age($1) OR t.xmin = $1 AND t.cmin::text::bigint < $2)%s)',
      p_part, CASE WHEN v_xmin = (SELECT y.xmin FROM pg_type y WHERE y.typrelid = p_part) THEN ' AND t.ctid < ''(1000,0)''' ELSE '' END)
    USING v_xmin, v_cmin::text::bigint INTO v_found;
  RETURN v_found;
END
$millrace$;
--;;
REVOKE ALL ON FUNCTION millrace.has_brought_rows(regclass, regclass) FROM PUBLIC;
--;;
-- Takes notice of the partitions of a captured table that came or went, and gives those that came the trigger for their own TRUNCATE, which is not
-- inherited. Says what is not as it was: 'gone' and 'brought' rows, as long as they are not accepted; 'waits' and 'denied', where the trigger
-- could not be made. p_accept NULL takes all as it is.
CREATE OR REPLACE FUNCTION millrace.adopt(p_schema text, p_table text, p_accept boolean) RETURNS TABLE (part_name text, what text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms' AS $millrace$
DECLARE
  v_relation text := p_schema || '.' || p_table;
  v_parent regclass;
  v_key text;
  v_part record;
  v_what text;
BEGIN
  SELECT c.oid INTO v_parent FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = p_schema AND c.relname = p_table AND c.relkind = 'p' AND EXISTS (
      SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
      WHERE t.tgrelid = c.oid AND p.pronamespace = 'millrace'::regnamespace);
  IF v_parent IS NULL THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(7883960442373661542);
  SELECT array_agg(a.attname::text ORDER BY k.position)::text INTO v_key FROM pg_index i
    CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (attnum, position)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
    WHERE i.indrelid = v_parent AND i.indisprimary AND k.position <= i.indnkeyatts;
  FOR v_part IN
    SELECT t.relid AS part, t.relid::text AS name, k.state,
      (SELECT g.tgenabled::text FROM pg_trigger g WHERE g.tgrelid = t.relid AND g.tgname = '!millrace_truncate') AS enabled
    FROM pg_partition_tree(v_parent) t JOIN pg_class c ON c.oid = t.relid
    LEFT JOIN millrace.partition k ON k.relation = v_relation AND k.part = t.relid WHERE c.relkind = 'r'
  LOOP
    v_what := NULL;
    IF v_part.enabled IS DISTINCT FROM 'A' THEN
      BEGIN
        IF v_part.enabled IS NULL THEN
          EXECUTE format('CREATE TRIGGER "!millrace_truncate" BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION'
            ' millrace.capture_truncated(%L, %L)', v_part.part, v_relation, coalesce(v_key, '{}'));
        END IF;
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER "!millrace_truncate"', v_part.part);
      EXCEPTION WHEN lock_not_available THEN
        v_what := 'waits';
      WHEN insufficient_privilege THEN
        v_what := 'denied';
      END;
    END IF;
    IF v_part.state IS NULL OR v_part.state = 'brought' THEN
      IF v_part.state = 'brought' OR p_accept IS NOT NULL AND millrace.has_brought_rows(v_parent, v_part.part) THEN
        v_what := 'brought';
      END IF;
      INSERT INTO millrace.partition VALUES (v_relation, v_part.part, v_part.name,
          CASE WHEN v_what = 'brought' AND NOT p_accept THEN 'brought' ELSE 'known' END)
        ON CONFLICT ON CONSTRAINT partition_pkey DO UPDATE SET state = excluded.state;
    END IF;
    IF v_what IS NOT NULL THEN
      RETURN QUERY SELECT v_part.name, v_what;
    END IF;
  END LOOP;
  RETURN QUERY SELECT k.name, 'gone' FROM millrace.partition k
    WHERE k.relation = v_relation AND k.part NOT IN (SELECT t.relid FROM pg_partition_tree(v_parent) t);
  IF coalesce(p_accept, true) THEN
    DELETE FROM millrace.partition k WHERE k.relation = v_relation AND k.part NOT IN (SELECT t.relid FROM pg_partition_tree(v_parent) t);
  END IF;
END
$millrace$;
--;;
REVOKE ALL ON FUNCTION millrace.adopt(text, text, boolean) FROM PUBLIC;
--;;
-- How often a change was applied before this transaction's: 0 where no applier's transaction is under way.
CREATE OR REPLACE FUNCTION millrace.hops_here(p_origin text) RETURNS int
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $millrace$
BEGIN
  RETURN CASE WHEN split_part(p_origin, ':', 2) = pg_current_xact_id()::text
    THEN least(greatest(split_part(p_origin, ':', 4)::int, 0), 30000) + 1 ELSE 0 END;
END
$millrace$;
--;;
REVOKE ALL ON FUNCTION millrace.hops_here(text) FROM PUBLIC;
--;;
-- Keeps an event that the application appends in its own transaction. The lock lets only one transaction at a time append events of a key, so
-- that their ids, drawn after it, rise in the order of the commits; a row's own lock does the same for what its trigger logs. As in
-- millrace.capture the usual way is one condition, which has the lock as soon as it is known, and one statement.
CREATE OR REPLACE FUNCTION millrace.append(p_entity text, p_id text, p_event bytea)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $millrace$
BEGIN
  IF pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(
        p_entity OPERATOR(pg_catalog.||) '/' OPERATOR(pg_catalog.||) p_id, 7883960442373661541)) IS NOT NULL
      AND coalesce(pg_catalog.current_setting('millrace.origin', true), '') OPERATOR(pg_catalog.=) '' THEN
    INSERT INTO millrace.change_log (incarnation, depth, op, relation, event)
      VALUES (millrace.incarnation(), 0, 'E', 'millrace.outbox', p_event);
  ELSE
    INSERT INTO millrace.change_log (incarnation, depth, hops, op, relation, event)
      VALUES (millrace.incarnation(), 0, millrace.hops_here(pg_catalog.current_setting('millrace.origin')), 'E', 'millrace.outbox', p_event);
  END IF;
END
$millrace$;
--;;
REVOKE ALL ON FUNCTION millrace.append(text, text, bytea) FROM PUBLIC;
--;;
-- The newest heartbeat of each pipeline that reads this log. Whoever takes a pipeline away for good deletes its row here and in reader.
CREATE TABLE IF NOT EXISTS millrace.heartbeat (
  pipeline text PRIMARY KEY,
  counter bigint NOT NULL,
  written_micros bigint NOT NULL,
  acknowledged text COLLATE "C",
  acknowledged_micros bigint) WITH (fillfactor = 50);
--;;
-- Writes a heartbeat and logs it. What it says is acknowledged is what every pipeline of this log has passed: nothing before that comes
-- again. Times are microseconds since the epoch.
CREATE OR REPLACE FUNCTION millrace.beat(p_pipeline text, p_counter bigint, p_written bigint, p_acknowledged text, p_acknowledged_at bigint)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $millrace$
DECLARE
  v_acknowledged text;
  v_acknowledged_at bigint;
BEGIN
  INSERT INTO millrace.heartbeat AS h (pipeline, counter, written_micros, acknowledged, acknowledged_micros)
    VALUES (p_pipeline, p_counter, p_written, p_acknowledged, p_acknowledged_at)
    ON CONFLICT (pipeline) DO UPDATE SET counter = excluded.counter, written_micros = excluded.written_micros,
      acknowledged = excluded.acknowledged, acknowledged_micros = excluded.acknowledged_micros;
  IF NOT EXISTS (SELECT FROM millrace.reader r LEFT JOIN millrace.heartbeat h USING (pipeline) WHERE h.acknowledged IS NULL) THEN
    SELECT min(h.acknowledged), min(h.acknowledged_micros) INTO v_acknowledged, v_acknowledged_at FROM millrace.heartbeat h
      WHERE h.acknowledged IS NOT NULL;
  END IF;
  INSERT INTO millrace.change_log (incarnation, depth, op, relation, new)
    VALUES (millrace.incarnation(), 0, 'M', 'millrace.heartbeat', json_build_object('pipeline', p_pipeline, 'counter', p_counter,
      'written_at', p_written, 'acknowledged', v_acknowledged, 'acknowledged_at', v_acknowledged_at));
END
$millrace$;
--;;
REVOKE ALL ON FUNCTION millrace.beat(text, bigint, bigint, text, bigint) FROM PUBLIC;
--;;
UPDATE millrace.registration SET format = 2 WHERE format < 2;
