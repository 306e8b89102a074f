DROP TRIGGER agent_version_guard ON "agent_versions";
DROP FUNCTION agent_version_guard();
DROP TRIGGER prompt_version_guard ON "prompt_versions";
DROP FUNCTION prompt_version_guard();
