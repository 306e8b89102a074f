-- Back to one table: every event is written once more.
DROP FUNCTION run_events_make_month, run_events_drop_month;
ALTER TABLE "run_events" RENAME TO "run_events_parted";
ALTER TABLE "run_events_parted" DROP CONSTRAINT "run_events_run_fk";
CREATE TABLE "run_events" (
	"run_id" uuid NOT NULL,
	"seq" integer NOT NULL,
	"type" text NOT NULL,
	"data" jsonb NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
INSERT INTO "run_events" ("run_id", "seq", "type", "data", "at") SELECT "run_id", "seq", "type", "data", "at" FROM "run_events_parted";
DROP TABLE "run_events_parted";
ALTER TABLE "run_events" ADD CONSTRAINT "run_events_run_id_seq_pk" PRIMARY KEY("run_id","seq");
ALTER TABLE "run_events" ADD CONSTRAINT "run_events_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE cascade ON UPDATE no action;
DROP INDEX "runs_asked_key";
