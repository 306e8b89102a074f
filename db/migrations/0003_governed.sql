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
CREATE TABLE "budget_counters" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "budget_counters_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"budget_id" uuid NOT NULL,
	"subject" text DEFAULT '' NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"opening" bigint DEFAULT 0 NOT NULL,
	"used" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "budget_holds" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "budget_holds_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"call_id" uuid NOT NULL,
	"budget_id" uuid NOT NULL,
	"subject" text DEFAULT '' NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"measure" text NOT NULL,
	"reserved" bigint NOT NULL,
	"settled" bigint,
	"expires_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "budgets" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"subject_kind" text NOT NULL,
	"subject" text DEFAULT '' NOT NULL,
	"is_each" boolean DEFAULT false NOT NULL,
	"span" text NOT NULL,
	"measure" text NOT NULL,
	"currency" text DEFAULT '' NOT NULL,
	"most" bigint NOT NULL,
	"note" text DEFAULT '' NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"created_by" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "budgets_scope_key" UNIQUE("subject_kind","subject","is_each","span","measure","currency")
);
--> statement-breakpoint
CREATE TABLE "dataset_items" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"item_id" uuid NOT NULL,
	"dataset_id" uuid NOT NULL,
	"ordinal" integer NOT NULL,
	"from_version" integer NOT NULL,
	"to_version" integer,
	"input" text NOT NULL,
	"expected" text DEFAULT '' NOT NULL,
	"notes" text DEFAULT '' NOT NULL,
	"tags" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"source_run_id" uuid,
	"changed_by" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "datasets" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"owner_id" uuid NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"scorers" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"last_ordinal" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "experiment_annotations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"result_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"rating" integer NOT NULL,
	"comment" text DEFAULT '' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "experiment_results" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"experiment_id" uuid NOT NULL,
	"variant_id" uuid NOT NULL,
	"item_row_id" uuid NOT NULL,
	"ordinal" integer NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"run_id" uuid,
	"reason" text,
	"scores" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"score" real,
	"latency_ms" integer,
	"cost_micros" bigint,
	"taken_until" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "experiment_variants" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"experiment_id" uuid NOT NULL,
	"ordinal" integer NOT NULL,
	"agent_id" uuid NOT NULL,
	"agent_version_id" uuid NOT NULL,
	"prompt_version_id" uuid,
	"model" text
);
--> statement-breakpoint
CREATE TABLE "experiments" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"dataset_id" uuid NOT NULL,
	"dataset_version" integer NOT NULL,
	"user_id" uuid NOT NULL,
	"session_id" uuid,
	"key_id" uuid,
	"name" text NOT NULL,
	"state" text DEFAULT 'running' NOT NULL,
	"reason" text,
	"scorers" jsonb NOT NULL,
	"is_shared" boolean DEFAULT false NOT NULL,
	"revealed_at" timestamp with time zone,
	"total" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "online_scorings" (
	"agent_id" uuid PRIMARY KEY NOT NULL,
	"percent" integer NOT NULL,
	"scorers" jsonb NOT NULL,
	"set_by" uuid,
	"looked_until" timestamp with time zone DEFAULT now() NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "prompt_gates" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"prompt_id" uuid NOT NULL,
	"label" text NOT NULL,
	"dataset_id" uuid NOT NULL,
	"scorer" text,
	"least" real NOT NULL,
	"fresh_days" integer NOT NULL,
	"set_by" uuid,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "run_scores" (
	"run_id" uuid NOT NULL,
	"scorer" text NOT NULL,
	"score" real NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "run_scores_run_id_scorer_pk" PRIMARY KEY("run_id","scorer")
);
--> statement-breakpoint
CREATE TABLE "safety_originals" (
	"id" uuid PRIMARY KEY NOT NULL,
	"run_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"mark" text NOT NULL,
	"kind" text NOT NULL,
	"sealed" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "safety_policies" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"detector" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "safety_policy_versions" (
	"policy_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"modes" jsonb NOT NULL,
	"settings" jsonb NOT NULL,
	"agent_ids" jsonb,
	"keeps_words" boolean DEFAULT false NOT NULL,
	"message" text DEFAULT '' NOT NULL,
	"created_by" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "safety_policy_versions_policy_id_version_pk" PRIMARY KEY("policy_id","version")
);
--> statement-breakpoint
CREATE TABLE "safety_verdicts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"policy_id" uuid NOT NULL,
	"policy_version" integer NOT NULL,
	"place" text NOT NULL,
	"action" text NOT NULL,
	"found" jsonb NOT NULL,
	"has_failed" boolean DEFAULT false NOT NULL,
	"run_id" uuid,
	"agent_id" uuid,
	"user_id" uuid,
	"about" text,
	"words" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "agent_versions" ADD COLUMN "answer_schema" json;--> statement-breakpoint
ALTER TABLE "agent_versions" ADD COLUMN "prompt_values" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "agent_versions" ADD COLUMN "answering" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "is_experiment" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "model" text;--> statement-breakpoint
ALTER TABLE "model_circuits" ADD COLUMN "failures" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "cached_answers" ADD CONSTRAINT "cached_answers_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "cached_answers" ADD CONSTRAINT "cached_answers_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "budget_counters" ADD CONSTRAINT "budget_counters_budget_id_budgets_id_fk" FOREIGN KEY ("budget_id") REFERENCES "public"."budgets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "budgets" ADD CONSTRAINT "budgets_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dataset_items" ADD CONSTRAINT "dataset_items_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dataset_items" ADD CONSTRAINT "dataset_items_changed_by_users_id_fk" FOREIGN KEY ("changed_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "datasets" ADD CONSTRAINT "datasets_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "experiment_annotations" ADD CONSTRAINT "experiment_annotations_result_id_experiment_results_id_fk" FOREIGN KEY ("result_id") REFERENCES "public"."experiment_results"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "experiment_annotations" ADD CONSTRAINT "experiment_annotations_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "experiment_results" ADD CONSTRAINT "experiment_results_experiment_id_experiments_id_fk" FOREIGN KEY ("experiment_id") REFERENCES "public"."experiments"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "experiment_results" ADD CONSTRAINT "experiment_results_variant_id_experiment_variants_id_fk" FOREIGN KEY ("variant_id") REFERENCES "public"."experiment_variants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "experiment_results" ADD CONSTRAINT "experiment_results_item_row_id_dataset_items_id_fk" FOREIGN KEY ("item_row_id") REFERENCES "public"."dataset_items"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "experiment_variants" ADD CONSTRAINT "experiment_variants_experiment_id_experiments_id_fk" FOREIGN KEY ("experiment_id") REFERENCES "public"."experiments"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "experiment_variants" ADD CONSTRAINT "experiment_variants_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "experiment_variants" ADD CONSTRAINT "experiment_variants_agent_version_id_agent_versions_id_fk" FOREIGN KEY ("agent_version_id") REFERENCES "public"."agent_versions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "experiment_variants" ADD CONSTRAINT "experiment_variants_prompt_version_id_prompt_versions_id_fk" FOREIGN KEY ("prompt_version_id") REFERENCES "public"."prompt_versions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "experiments" ADD CONSTRAINT "experiments_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "experiments" ADD CONSTRAINT "experiments_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "online_scorings" ADD CONSTRAINT "online_scorings_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "online_scorings" ADD CONSTRAINT "online_scorings_set_by_users_id_fk" FOREIGN KEY ("set_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prompt_gates" ADD CONSTRAINT "prompt_gates_prompt_id_prompts_id_fk" FOREIGN KEY ("prompt_id") REFERENCES "public"."prompts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prompt_gates" ADD CONSTRAINT "prompt_gates_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prompt_gates" ADD CONSTRAINT "prompt_gates_set_by_users_id_fk" FOREIGN KEY ("set_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_scores" ADD CONSTRAINT "run_scores_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "safety_originals" ADD CONSTRAINT "safety_originals_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "safety_policy_versions" ADD CONSTRAINT "safety_policy_versions_policy_id_safety_policies_id_fk" FOREIGN KEY ("policy_id") REFERENCES "public"."safety_policies"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "safety_policy_versions" ADD CONSTRAINT "safety_policy_versions_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "safety_verdicts" ADD CONSTRAINT "safety_verdicts_policy_id_safety_policies_id_fk" FOREIGN KEY ("policy_id") REFERENCES "public"."safety_policies"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "safety_verdicts" ADD CONSTRAINT "safety_verdicts_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "cached_answers_question_key" ON "cached_answers" USING btree ("place","question");--> statement-breakpoint
CREATE INDEX "cached_answers_wording_idx" ON "cached_answers" USING btree ("place","wording");--> statement-breakpoint
CREATE INDEX "cached_answers_agent_idx" ON "cached_answers" USING btree ("agent_id","created_at");--> statement-breakpoint
CREATE INDEX "cached_answers_run_idx" ON "cached_answers" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "cached_answers_expires_idx" ON "cached_answers" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "cached_answers_documents_idx" ON "cached_answers" USING gin ("document_ids");--> statement-breakpoint
CREATE UNIQUE INDEX "budget_counters_key" ON "budget_counters" USING btree ("budget_id","subject","starts_at");--> statement-breakpoint
CREATE INDEX "budget_counters_starts_idx" ON "budget_counters" USING btree ("starts_at");--> statement-breakpoint
CREATE UNIQUE INDEX "budget_holds_call_key" ON "budget_holds" USING btree ("call_id","budget_id");--> statement-breakpoint
CREATE INDEX "budget_holds_open_idx" ON "budget_holds" USING btree ("budget_id","subject","starts_at") WHERE "budget_holds"."settled" is null;--> statement-breakpoint
CREATE INDEX "budget_holds_created_idx" ON "budget_holds" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "budgets_created_idx" ON "budgets" USING btree ("created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "dataset_items_current_key" ON "dataset_items" USING btree ("item_id") WHERE "dataset_items"."to_version" is null;--> statement-breakpoint
CREATE INDEX "dataset_items_dataset_idx" ON "dataset_items" USING btree ("dataset_id","ordinal","id");--> statement-breakpoint
CREATE INDEX "dataset_items_history_idx" ON "dataset_items" USING btree ("item_id","from_version");--> statement-breakpoint
CREATE INDEX "datasets_updated_idx" ON "datasets" USING btree ("updated_at","id");--> statement-breakpoint
CREATE INDEX "datasets_owner_idx" ON "datasets" USING btree ("owner_id");--> statement-breakpoint
CREATE UNIQUE INDEX "experiment_annotations_person_key" ON "experiment_annotations" USING btree ("result_id","user_id");--> statement-breakpoint
CREATE INDEX "experiment_annotations_user_idx" ON "experiment_annotations" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "experiment_results_cell_key" ON "experiment_results" USING btree ("variant_id","item_row_id");--> statement-breakpoint
CREATE UNIQUE INDEX "experiment_results_run_key" ON "experiment_results" USING btree ("run_id") WHERE "experiment_results"."run_id" is not null;--> statement-breakpoint
CREATE INDEX "experiment_results_ordinal_idx" ON "experiment_results" USING btree ("experiment_id","ordinal","id");--> statement-breakpoint
CREATE INDEX "experiment_results_item_idx" ON "experiment_results" USING btree ("item_row_id");--> statement-breakpoint
CREATE INDEX "experiment_results_open_idx" ON "experiment_results" USING btree ("experiment_id","state") WHERE "experiment_results"."state" in ('queued', 'running', 'judging');--> statement-breakpoint
CREATE INDEX "experiment_variants_experiment_idx" ON "experiment_variants" USING btree ("experiment_id","ordinal");--> statement-breakpoint
CREATE INDEX "experiment_variants_prompt_idx" ON "experiment_variants" USING btree ("prompt_version_id");--> statement-breakpoint
CREATE INDEX "experiments_dataset_idx" ON "experiments" USING btree ("dataset_id","created_at","id");--> statement-breakpoint
CREATE INDEX "experiments_created_idx" ON "experiments" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "experiments_open_idx" ON "experiments" USING btree ("user_id") WHERE "experiments"."state" in ('running', 'paused');--> statement-breakpoint
CREATE UNIQUE INDEX "prompt_gates_label_key" ON "prompt_gates" USING btree ("prompt_id","label");--> statement-breakpoint
CREATE INDEX "prompt_gates_dataset_idx" ON "prompt_gates" USING btree ("dataset_id");--> statement-breakpoint
CREATE UNIQUE INDEX "safety_originals_mark_key" ON "safety_originals" USING btree ("run_id","mark");--> statement-breakpoint
CREATE INDEX "safety_originals_created_idx" ON "safety_originals" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "safety_policies_name_key" ON "safety_policies" USING btree ("name");--> statement-breakpoint
CREATE INDEX "safety_policies_created_idx" ON "safety_policies" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "safety_verdicts_created_idx" ON "safety_verdicts" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "safety_verdicts_policy_idx" ON "safety_verdicts" USING btree ("policy_id","created_at","id");--> statement-breakpoint
CREATE INDEX "safety_verdicts_run_idx" ON "safety_verdicts" USING btree ("run_id","created_at","id");--> statement-breakpoint
CREATE INDEX "runs_agent_ended_idx" ON "runs" USING btree ("agent_id","ended_at") WHERE "runs"."ended_at" is not null;--> statement-breakpoint
CREATE INDEX "runs_cached_idx" ON "runs" USING btree ("agent_id","created_at") WHERE "runs"."result" ? 'cached';