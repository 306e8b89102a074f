-- Back to 0002: what this round added goes, with what it holds.
ALTER TABLE "agent_versions" DROP COLUMN IF EXISTS "answer_schema";
DROP TABLE IF EXISTS "safety_verdicts" CASCADE;
DROP TABLE IF EXISTS "safety_policy_versions" CASCADE;
DROP TABLE IF EXISTS "safety_policies" CASCADE;
DROP TABLE IF EXISTS "safety_originals" CASCADE;
