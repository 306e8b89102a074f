"use client";

import { Drawer, MultiSelect, NativeSelect, Radio } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ButtonLink } from "@/components/ui/button-link";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import styles from "./extractions.module.css";

/** Which agent reads what. */
export default function ExtractionForm({ agentId, onClose }: { agentId: string | null; onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const router = useRouter();
	const [agent, setAgent] = useState(agentId ?? "");
	const [collectionId, setCollectionId] = useState("");
	const [isWhole, setWhole] = useState(true);
	const [documentIds, setDocumentIds] = useState<string[]>([]);
	const agents = useQuery(api.agents.list.queryOptions({ limit: 200, sort: "name" }));
	const collections = useQuery(api.knowledge.listCollections.queryOptions({ limit: 200, sort: "name" }));
	const documents = useQuery({
		...api.knowledge.listDocuments.queryOptions({ collectionId, limit: 200 }),
		enabled: !isWhole && collectionId !== "",
	});
	const start = useMutation(
		api.extractions.start.mutationOptions({
			onSuccess: async ({ id }) => {
				await cache.invalidateQueries(api.extractions.pathFilter());
				router.push(`/extractions/${id}`);
			},
		}),
	);
	const extracting = (agents.data?.rows ?? []).filter(({ graph, version }) => graph === "extract" && version !== null);
	const chosen = extracting.some(({ id }) => id === agent) ? agent : (extracting[0]?.id ?? "");
	const isReady = chosen !== "" && collectionId !== "" && (isWhole || documentIds.length > 0);
	const submit = (event: FormEvent) => {
		event.preventDefault();
		if (isReady) start.mutate({ agentId: chosen, collectionId, ...(isWhole ? {} : { documentIds }) });
	};
	return (
		<Theme>
			<Drawer opened onClose={onClose} position="right" size={460} title="New extraction">
				{agents.data && extracting.length === 0 ? (
					<div className={styles.stack}>
						<p>No agent extracts yet. Make one first: what it extracts is set there, field by field.</p>
						<div>
							<ButtonLink href="/agents?new=1" look="primary">
								Make an agent
							</ButtonLink>
						</div>
					</div>
				) : (
					<form className={styles.stack} onSubmit={submit}>
						<NativeSelect
							label="Agent"
							description="Its schema says which fields."
							data={extracting.map(({ id, name }) => ({ value: id, label: name }))}
							value={chosen}
							onChange={(event) => setAgent(event.currentTarget.value)}
						/>
						<NativeSelect
							label="Collection"
							data={[
								{ value: "", label: "Choose a collection" },
								...(collections.data?.rows ?? []).map(({ id, name }) => ({ value: id, label: name })),
							]}
							value={collectionId}
							onChange={(event) => {
								setCollectionId(event.currentTarget.value);
								setDocumentIds([]);
							}}
						/>
						<Radio.Group
							label="Which of it"
							value={isWhole ? "all" : "some"}
							onChange={(value) => setWhole(value === "all")}
						>
							<div className={styles.choices}>
								<Radio value="all" label="All documents that you may read" />
								<Radio value="some" label="Only these" />
							</div>
						</Radio.Group>
						{isWhole ? null : (
							<MultiSelect
								aria-label="Documents"
								placeholder={documentIds.length === 0 ? "Choose documents" : undefined}
								searchable
								maxValues={500}
								disabled={collectionId === ""}
								data={(documents.data?.rows ?? []).map(({ id, name }) => ({ value: id, label: name }))}
								nothingFoundMessage="Nothing by that name"
								value={documentIds}
								onChange={setDocumentIds}
							/>
						)}
						{start.error ? <ErrorView failure={toFailure(start.error)} /> : null}
						<div className={styles.foot}>
							<Button onClick={onClose}>Cancel</Button>
							<Button type="submit" look="primary" isBusy={start.isPending} disabled={!isReady}>
								Extract
							</Button>
						</div>
					</form>
				)}
			</Drawer>
		</Theme>
	);
}
