import { counted } from "@/components/ui/figures";
import type { Agent } from "@/server/agents/contract";

export const collectionsOf = ({ collectionIds }: Agent): string =>
	collectionIds === null ? "All that the asker may read" : counted(collectionIds.length, "collection");

export const promptOf = (agent: Agent): string =>
	agent.promptVersionId === null
		? "The built-in one"
		: agent.promptName === null
			? "One that you may not read"
			: `${agent.promptName}, version ${agent.promptVersion}`;
