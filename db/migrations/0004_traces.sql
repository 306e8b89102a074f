CREATE TABLE "spans" (
	"day" date NOT NULL,
	"trace_id" uuid NOT NULL,
	"id" text NOT NULL,
	"parent_id" text,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"status" text NOT NULL,
	"error_code" text,
	"started_at" timestamp with time zone NOT NULL,
	"ms" double precision NOT NULL,
	"run_id" uuid,
	"user_id" uuid,
	"key_id" uuid,
	"agent_id" uuid,
	"prompt_version_id" uuid,
	"model_asked" text,
	"model" text,
	"connection" text,
	"hop" integer,
	"input_tokens" integer,
	"output_tokens" integer,
	"cached_tokens" integer,
	"cost_micros" bigint,
	"currency" text,
	"first_token_ms" integer,
	"cache" text,
	"verdict" text,
	"attributes" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"content" jsonb,
	CONSTRAINT "spans_key" PRIMARY KEY("trace_id","id","day")
) PARTITION BY RANGE ("day");
--> statement-breakpoint
CREATE TABLE "trace_policy" (
	"id" integer PRIMARY KEY DEFAULT 1 NOT NULL,
	"sample_percent" integer DEFAULT 100 NOT NULL,
	"keeps_content" boolean DEFAULT false NOT NULL,
	"retention_days" integer DEFAULT 30 NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"updated_by" uuid,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "trace_policy" ADD CONSTRAINT "trace_policy_updated_by_users_id_fk" FOREIGN KEY ("updated_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "spans_roots_idx" ON "spans" USING btree ("started_at","trace_id") WHERE "spans"."parent_id" is null;--> statement-breakpoint
CREATE INDEX "spans_user_idx" ON "spans" USING btree ("user_id","started_at","trace_id") WHERE "spans"."parent_id" is null;--> statement-breakpoint
-- Makes the partition of a day where it is missing. Attaching locks out nobody who reads or writes.
CREATE FUNCTION spans_make_day(wanted date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	part text := 'spans_' || to_char(wanted, 'YYYY_MM_DD');
BEGIN
	IF to_regclass(part) IS NOT NULL THEN RETURN; END IF;
	PERFORM pg_advisory_xact_lock(hashtext('quarterdeck span days'));
	IF to_regclass(part) IS NOT NULL THEN RETURN; END IF;
	EXECUTE format('CREATE TABLE %I (LIKE spans INCLUDING DEFAULTS)', part);
	EXECUTE format('ALTER TABLE spans ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', part, wanted, wanted + 1);
END $$;
--> statement-breakpoint
-- Drops the oldest day before `first`; answers which it was, and null where none is left.
CREATE FUNCTION spans_drop_day(first date) RETURNS date LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	part record;
BEGIN
	SELECT c.relname AS name, to_date(right(c.relname, 10), 'YYYY_MM_DD') AS day INTO part
	FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
	WHERE i.inhparent = 'spans'::regclass AND to_date(right(c.relname, 10), 'YYYY_MM_DD') < first
	ORDER BY 2 LIMIT 1;
	IF part.name IS NULL THEN RETURN NULL; END IF;
	EXECUTE format('DROP TABLE %I', part.name);
	RETURN part.day;
END $$;
