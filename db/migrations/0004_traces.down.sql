-- Back to 0003: traces go, with all that they hold.
DROP FUNCTION IF EXISTS spans_drop_day(date);
DROP FUNCTION IF EXISTS spans_make_day(date);
DROP TABLE IF EXISTS "trace_policy" CASCADE;
DROP TABLE IF EXISTS "spans" CASCADE;
