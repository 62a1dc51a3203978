-- The change log of Millrace. Idempotent: running it again changes nothing, running it after an upgrade brings it up to date.
-- A line of two dashes and two semicolons ends a statement. ${service} is the service's tag, as a quoted literal.

CREATE SCHEMA IF NOT EXISTS millrace;
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
-- CACHE 1, so that ids rise within one row: they are drawn under the row's lock.
CREATE SEQUENCE IF NOT EXISTS millrace.change_log_id CACHE 1 NO CYCLE;
--;;
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
  new json);
--;;
CREATE INDEX IF NOT EXISTS change_log_xid ON millrace.change_log (incarnation, xid, id);
--;;
-- Differs after a dump is restored elsewhere, where transaction ids start anew. Kept in the session: the control file is slow to read.
CREATE OR REPLACE FUNCTION millrace.incarnation() RETURNS bigint
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $millrace$
DECLARE
  v_incarnation bigint;
BEGIN
  SELECT c.system_identifier # d.oid::bigint INTO v_incarnation
    FROM pg_control_system() c, pg_database d WHERE d.datname = current_database();
  PERFORM set_config('millrace.incarnation', v_incarnation::text, false);
  RETURN v_incarnation;
END
$millrace$;
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
  RETURN EXISTS (
    SELECT FROM millrace.ledger l
    WHERE l.xid = pg_current_xact_id() AND l.mark = p_mark AND l.mark_table = p_table AND l.mark_key = p_key)
  OR EXISTS (
    SELECT FROM millrace.ledger l
    WHERE l.xid = pg_current_xact_id() AND l.mark = p_mark AND l.mark_table = p_table AND l.mark_key = '[]');
END
$millrace$;
--;;
-- Writes one change. Arguments: the table's name, its key columns, the columns that do not count when they change alone.
-- The settings are those that the text of a value depends on.
CREATE OR REPLACE FUNCTION millrace.capture() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET extra_float_digits = 1
  SET IntervalStyle = 'postgres'
  SET DateStyle = 'ISO, MDY'
  SET lc_monetary = 'C'
AS $millrace$
DECLARE
  v_incarnation bigint := nullif(current_setting('millrace.incarnation', true), '')::bigint;
  v_origin text := current_setting('millrace.origin', true);
  v_depth int := pg_trigger_depth();
  v_old json;
  v_new json;
  v_key text;
  v_hops int := 0;
  v_applied boolean := false;
BEGIN
  IF v_incarnation IS NULL THEN
    v_incarnation := millrace.incarnation();
  END IF;
  IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' THEN
    v_new := row_to_json(NEW);
  END IF;
  IF TG_OP = 'UPDATE' OR TG_OP = 'DELETE' THEN
    v_old := row_to_json(OLD);
  END IF;
  IF TG_OP = 'UPDATE' AND TG_ARGV[2] <> '{}' AND NOT EXISTS (
      SELECT FROM json_each_text(v_old) o JOIN json_each_text(v_new) n ON n.key = o.key
      WHERE o.value IS DISTINCT FROM n.value AND o.key <> ALL (TG_ARGV[2]::text[])) THEN
    RETURN NULL;
  END IF;
  IF v_origin <> '' THEN
    IF split_part(v_origin, ':', 2) <> pg_current_xact_id()::text THEN
      v_origin := NULL; -- left behind by another transaction
    ELSIF split_part(v_origin, ':', 1) <> 'v1' THEN
      RAISE EXCEPTION 'millrace: the origin ''%'' is of a newer release than the change log. Install the newer change log here.', v_origin;
    ELSE
      v_hops := split_part(v_origin, ':', 4)::int + 1;
      IF v_depth = 1 THEN
        v_key := CASE TG_OP
          WHEN 'TRUNCATE' THEN '[]'
          WHEN 'DELETE' THEN millrace.mark_key(to_jsonb(OLD), TG_ARGV[1]::text[])
          ELSE millrace.mark_key(to_jsonb(NEW), TG_ARGV[1]::text[]) END;
        v_applied := millrace.is_applied(TG_ARGV[0], v_key, split_part(v_origin, ':', 3)::bigint);
      END IF;
    END IF;
  ELSE
    v_origin := NULL;
  END IF;
  INSERT INTO millrace.change_log (incarnation, depth, hops, applied, op, relation, origin, old, new)
    VALUES (v_incarnation, v_depth, v_hops, v_applied, left(TG_OP, 1)::"char", TG_ARGV[0], v_origin, v_old, v_new);
  RETURN NULL;
END
$millrace$;
--;;
REVOKE ALL ON FUNCTION millrace.capture() FROM PUBLIC;
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
UPDATE millrace.registration SET format = 1 WHERE format <> 1;
