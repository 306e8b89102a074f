import type { Database } from "@/db/connection";
import { actorMay } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { materialOf, saveFields } from "@/server/extractions/service";
import { agentNow, type ToolContext } from "@/server/faces/tool";
import type { ExtractionDesk, Material } from "../graphs/extract/state";
import { RunStopped } from "./session";

/** What an extraction asks of the world: its document, with the rights of the moment that it is asked for in. */
export function extractionDesk(db: Database, tool: ToolContext): ExtractionDesk {
	const { runId, requestId, signal } = tool;
	/** To make a picture ready takes a while, and it stays the same. */
	let picture: Material["picture"] = null;
	return {
		open: async (sees) => {
			const actor = await agentNow(tool);
			if (!actorMay(actor, "knowledge:read")) throw new RunStopped("rights");
			const origin = { address: null, userAgent: null };
			const ctx: ServiceContext = { db, actor, via: "job", requestId, origin, signal };
			const found = await materialOf(ctx, { runId, pictures: !sees ? "none" : picture ? "had" : "made ready" });
			if (!found) throw new RunStopped("taken");
			const { id, name, pages, isPicture } = found.document;
			picture = found.document.picture ?? picture;
			return {
				...{ schema: found.schema, document: { id, name }, pages, isRecognised: isPicture },
				picture: sees ? picture : null,
			} satisfies Material;
		},
		shown: async (material) => material,
		save: (fields, model) => saveFields(db, runId, { fields, model }),
	};
}
