"use client";

import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { Fact, Facts } from "@/components/ui/side-panel";
import {
	againOf,
	capsOf,
	collectionsOf,
	type Definition,
	extractsOf,
	graphWords,
	modelOf,
	promptOf,
	sureOf,
	valuesOf,
	whenAwayWords,
	windowOf,
} from "./facts";

/** What an agent, a draft or a version is made of. */
export function DefinitionFacts({ of }: { of: Definition }) {
	return (
		<Facts>
			<Fact name="Extracts">{extractsOf(of)}</Fact>
			<Fact name="Answers fit">{of.answerSchema ? "A JSON Schema" : null}</Fact>
			<Fact name="Prompt">{promptOf(of)}</Fact>
			<Fact name="Its values">{valuesOf(of)}</Fact>
			<Fact name="Model">{modelOf(of)}</Fact>
			<Fact name="Where none answers">{of.graph === "extract" ? "" : whenAwayWords[of.whenAway]}</Fact>
			<Fact name="Looks in">{of.collectionIds ? <Names ids={of.collectionIds} /> : collectionsOf(of)}</Fact>
			<Fact name="Tools">
				{of.tools.length > 0
					? of.tools.join(", ")
					: of.graph === "extract"
						? ""
						: "None: it answers from documents only"}
			</Fact>
			<Fact name="Waits for approval">{of.approvalTools.join(", ")}</Fact>
			<Fact name="A run takes at most">{capsOf(of) || "What the installation allows"}</Fact>
			<Fact name="Answers">{sureOf(of)}</Fact>
			<Fact name="Gives answers again">{againOf(of)}</Fact>
			<Fact name="Shares of the window">{windowOf(of)}</Fact>
			<Fact name="How it works">{graphWords[of.graph]}</Fact>
		</Facts>
	);
}

function Names({ ids }: { ids: string[] }) {
	const api = useApi();
	const query = useQuery(api.knowledge.listCollections.queryOptions({ limit: 200 }));
	const names = query.data?.rows.filter(({ id }) => ids.includes(id)).map(({ name }) => name) ?? [];
	const hidden = query.data ? ids.length - names.length : 0;
	if (ids.length === 0) return "Nowhere";
	return [...names, ...(hidden > 0 ? [`${hidden} more that you may not read`] : [])].join(", ");
}
