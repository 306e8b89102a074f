CREATE UNIQUE INDEX "runs_asked_key" ON "runs" USING btree ("id","created_at");--> statement-breakpoint
-- What drizzle-kit can't say: partitions by month. Nobody writes meanwhile: the product starts after its migrations. Every event
-- is written once more, and its index made after all of them: see docs/operations.md for how long that takes.
ALTER TABLE "run_events" RENAME TO "run_events_plain";--> statement-breakpoint
CREATE TABLE "run_events" (
	"run_id" uuid NOT NULL,
	"run_at" timestamp with time zone NOT NULL,
	"seq" integer NOT NULL,
	"type" text NOT NULL,
	"data" jsonb NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL
) PARTITION BY RANGE ("run_at");--> statement-breakpoint
-- Where nobody made a month in time its runs go here, and from here into the month once it is made.
CREATE TABLE "run_events_rest" PARTITION OF "run_events" DEFAULT;--> statement-breakpoint
-- Makes the partition of a month where it is missing; what waits for it in the rest moves into it.
CREATE FUNCTION run_events_make_month(moment timestamptz) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	first timestamp := date_trunc('month', moment AT TIME ZONE 'UTC');
	low timestamptz := first AT TIME ZONE 'UTC';
	high timestamptz := (first + interval '1 month') AT TIME ZONE 'UTC';
	part text := 'run_events_' || to_char(first, 'YYYY_MM');
BEGIN
	IF to_regclass(part) IS NOT NULL THEN RETURN; END IF;
	PERFORM pg_advisory_xact_lock(hashtext('quarterdeck run months'));
	-- Whoever waited looks into the catalog itself: what was looked up by name before the lock is remembered.
	PERFORM FROM pg_class WHERE relname = part AND relnamespace = 'public'::regnamespace;
	IF FOUND THEN RETURN; END IF;
	-- Whoever has to wait for longer than this tries again later, and keeps nobody else waiting meanwhile.
	PERFORM set_config('lock_timeout', '2s', true);
	EXECUTE format('CREATE TABLE %I (LIKE run_events INCLUDING DEFAULTS INCLUDING INDEXES)', part);
	LOCK TABLE run_events_rest IN ACCESS EXCLUSIVE MODE;
	EXECUTE format('INSERT INTO %I SELECT * FROM run_events_rest WHERE run_at >= %L AND run_at < %L', part, low, high);
	DELETE FROM run_events_rest WHERE run_at >= low AND run_at < high;
	EXECUTE format('ALTER TABLE run_events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part, low, high);
END $$;--> statement-breakpoint
-- Drops the oldest month of which every run was asked, and has ended, more than so many days ago. Answers with its first day; null
-- where there is none.
CREATE FUNCTION run_events_drop_month(days integer) RETURNS date LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	part text;
	first timestamp;
	high timestamptz;
	kept timestamptz := now() - make_interval(days => days);
BEGIN
	IF days IS NULL OR days < 1 THEN
		RAISE EXCEPTION 'events are kept for a day at least' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	PERFORM set_config('lock_timeout', '2s', true);
	FOR part IN SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'run_events'::regclass
		AND inhrelid::regclass::text ~ '^run_events_\d{4}_\d{2}$' ORDER BY 1 LOOP
		first := to_date(right(part, 7), 'YYYY_MM');
		high := (first + interval '1 month') AT TIME ZONE 'UTC';
		EXIT WHEN high > kept;
		CONTINUE WHEN EXISTS (SELECT FROM runs WHERE created_at >= first AT TIME ZONE 'UTC' AND created_at < high
			AND state IN ('queued', 'running', 'waiting'))
			OR EXISTS (SELECT FROM runs WHERE created_at >= first AT TIME ZONE 'UTC' AND created_at < high AND ended_at > kept);
		EXECUTE format('DROP TABLE %I', part);
		RETURN first::date;
	END LOOP;
	RETURN NULL;
END $$;--> statement-breakpoint
DO $$ DECLARE month timestamptz; BEGIN
	FOR month IN SELECT DISTINCT date_trunc('month', r.created_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' FROM runs r
		UNION SELECT now() + make_interval(months => ahead) FROM generate_series(0, 2) ahead LOOP
		PERFORM run_events_make_month(month);
	END LOOP;
END $$;--> statement-breakpoint
INSERT INTO "run_events" ("run_id", "run_at", "seq", "type", "data", "at")
	SELECT e.run_id, r.created_at, e.seq, e.type, e.data, e.at FROM "run_events_plain" e JOIN "runs" r ON r.id = e.run_id;--> statement-breakpoint
DROP TABLE "run_events_plain";--> statement-breakpoint
ALTER TABLE "run_events" ADD CONSTRAINT "run_events_run_id_seq_run_at_pk" PRIMARY KEY("run_id","seq","run_at");--> statement-breakpoint
ALTER TABLE "run_events" ADD CONSTRAINT "run_events_run_fk" FOREIGN KEY ("run_id","run_at") REFERENCES "public"."runs"("id","created_at") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ANALYZE "run_events";
