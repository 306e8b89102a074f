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
ALTER TABLE "safety_originals" ADD CONSTRAINT "safety_originals_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "safety_policy_versions" ADD CONSTRAINT "safety_policy_versions_policy_id_safety_policies_id_fk" FOREIGN KEY ("policy_id") REFERENCES "public"."safety_policies"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "safety_policy_versions" ADD CONSTRAINT "safety_policy_versions_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "safety_verdicts" ADD CONSTRAINT "safety_verdicts_policy_id_safety_policies_id_fk" FOREIGN KEY ("policy_id") REFERENCES "public"."safety_policies"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "safety_verdicts" ADD CONSTRAINT "safety_verdicts_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "safety_originals_mark_key" ON "safety_originals" USING btree ("run_id","mark");--> statement-breakpoint
CREATE INDEX "safety_originals_created_idx" ON "safety_originals" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "safety_policies_name_key" ON "safety_policies" USING btree ("name");--> statement-breakpoint
CREATE INDEX "safety_policies_created_idx" ON "safety_policies" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "safety_verdicts_created_idx" ON "safety_verdicts" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "safety_verdicts_policy_idx" ON "safety_verdicts" USING btree ("policy_id","created_at","id");--> statement-breakpoint
CREATE INDEX "safety_verdicts_run_idx" ON "safety_verdicts" USING btree ("run_id","created_at","id");