-- Back to 0002: what this round added goes, with what it holds.
DROP TABLE IF EXISTS "budgets" CASCADE;
DROP TABLE IF EXISTS "budget_holds" CASCADE;
DROP TABLE IF EXISTS "budget_counters" CASCADE;
