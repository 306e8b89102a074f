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
ALTER TABLE "budget_counters" ADD CONSTRAINT "budget_counters_budget_id_budgets_id_fk" FOREIGN KEY ("budget_id") REFERENCES "public"."budgets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "budgets" ADD CONSTRAINT "budgets_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "budget_counters_key" ON "budget_counters" USING btree ("budget_id","subject","starts_at");--> statement-breakpoint
CREATE INDEX "budget_counters_starts_idx" ON "budget_counters" USING btree ("starts_at");--> statement-breakpoint
CREATE UNIQUE INDEX "budget_holds_call_key" ON "budget_holds" USING btree ("call_id","budget_id");--> statement-breakpoint
CREATE INDEX "budget_holds_open_idx" ON "budget_holds" USING btree ("budget_id","subject","starts_at") WHERE "budget_holds"."settled" is null;--> statement-breakpoint
CREATE INDEX "budget_holds_created_idx" ON "budget_holds" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "budgets_created_idx" ON "budgets" USING btree ("created_at","id");