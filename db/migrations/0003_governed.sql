CREATE TABLE "cached_answers" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"agent_id" uuid NOT NULL,
	"run_id" uuid NOT NULL,
	"place" text NOT NULL,
	"question" text NOT NULL,
	"wording" text NOT NULL,
	"embedder" text NOT NULL,
	"vector" "bytea" NOT NULL,
	"answer" text NOT NULL,
	"result" jsonb NOT NULL,
	"document_ids" jsonb NOT NULL,
	"tokens" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "agent_versions" ADD COLUMN "prompt_values" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "agent_versions" ADD COLUMN "answering" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "model_circuits" ADD COLUMN "failures" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "cached_answers" ADD CONSTRAINT "cached_answers_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cached_answers" ADD CONSTRAINT "cached_answers_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "cached_answers_question_key" ON "cached_answers" USING btree ("place","question");--> statement-breakpoint
CREATE INDEX "cached_answers_wording_idx" ON "cached_answers" USING btree ("place","wording");--> statement-breakpoint
CREATE INDEX "cached_answers_agent_idx" ON "cached_answers" USING btree ("agent_id","created_at");--> statement-breakpoint
CREATE INDEX "cached_answers_run_idx" ON "cached_answers" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "cached_answers_expires_idx" ON "cached_answers" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "cached_answers_documents_idx" ON "cached_answers" USING gin ("document_ids");--> statement-breakpoint
CREATE INDEX "runs_cached_idx" ON "runs" USING btree ("agent_id","created_at") WHERE "runs"."result" ? 'cached';