DROP TRIGGER agent_version_guard ON "agent_versions";
DROP FUNCTION agent_version_guard();
