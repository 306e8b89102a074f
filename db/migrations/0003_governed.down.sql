-- Back to 0002: what this round added goes, with what it holds.
DROP INDEX IF EXISTS "runs_agent_ended_idx";
ALTER TABLE "runs" DROP COLUMN IF EXISTS "model";
ALTER TABLE "runs" DROP COLUMN IF EXISTS "is_experiment";
DROP TABLE IF EXISTS "run_scores" CASCADE;
DROP TABLE IF EXISTS "prompt_gates" CASCADE;
DROP TABLE IF EXISTS "online_scorings" CASCADE;
DROP TABLE IF EXISTS "experiments" CASCADE;
DROP TABLE IF EXISTS "experiment_variants" CASCADE;
DROP TABLE IF EXISTS "experiment_results" CASCADE;
DROP TABLE IF EXISTS "experiment_annotations" CASCADE;
DROP TABLE IF EXISTS "datasets" CASCADE;
DROP TABLE IF EXISTS "dataset_items" CASCADE;
DROP TABLE IF EXISTS "budgets" CASCADE;
DROP TABLE IF EXISTS "budget_holds" CASCADE;
DROP TABLE IF EXISTS "budget_counters" CASCADE;
