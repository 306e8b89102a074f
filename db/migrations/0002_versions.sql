-- What was published never changes, whoever asks: runs name it. A draft, which has no number yet, does.
CREATE FUNCTION agent_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'a published version of an agent never changes' USING ERRCODE = 'insufficient_privilege';
END $$;
--> statement-breakpoint
CREATE TRIGGER agent_version_guard BEFORE UPDATE ON "agent_versions" FOR EACH ROW
	WHEN (OLD."version" IS NOT NULL) EXECUTE FUNCTION agent_version_guard();
--> statement-breakpoint
CREATE FUNCTION prompt_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'a version of a prompt never changes' USING ERRCODE = 'insufficient_privilege';
END $$;
--> statement-breakpoint
CREATE TRIGGER prompt_version_guard BEFORE UPDATE ON "prompt_versions" FOR EACH ROW EXECUTE FUNCTION prompt_version_guard();
