-- Back to 0002: what this round added goes, with what it holds.
DROP INDEX IF EXISTS "runs_cached_idx";
ALTER TABLE "model_circuits" DROP COLUMN IF EXISTS "failures";
ALTER TABLE "agent_versions" DROP COLUMN IF EXISTS "answering";
ALTER TABLE "agent_versions" DROP COLUMN IF EXISTS "prompt_values";
DROP TABLE IF EXISTS "cached_answers" CASCADE;
