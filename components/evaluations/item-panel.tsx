"use client";

import { IconPencil, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { IconButton } from "@/components/ui/button";
import { confirm, say } from "@/components/ui/say";
import { Fact, Facts, PanelSection, SidePanel } from "@/components/ui/side-panel";
import { Exactly } from "@/components/ui/time";
import type { Dataset, DatasetItem } from "@/server/evaluations/contract";
import styles from "./evaluations.module.css";

const ItemForm = dynamic(() => import("./item-form"), { ssr: false });

/** One item whole, and as it was before. */
export function ItemPanel({
	dataset,
	item,
	mayWrite,
	onClose,
}: {
	dataset: Dataset;
	item: DatasetItem;
	mayWrite: boolean;
	onClose: () => void;
}) {
	const api = useApi();
	const cache = useQueryClient();
	const [isEditing, setEditing] = useState(false);
	const named = { datasetId: dataset.id, itemId: item.id };
	const history = useQuery(api.evaluations.itemHistory.queryOptions(named));
	const remove = useMutation(
		api.evaluations.removeItem.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.evaluations.pathFilter());
				onClose();
			},
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	const askRemoval = async () => {
		const text = "Experiments that had it keep it as they had it.";
		if (await confirm({ title: "Remove this item?", text, action: "Remove" })) remove.mutate(named);
	};
	const earlier = (history.data?.states ?? []).filter(({ toVersion }) => toVersion !== null);
	return (
		<SidePanel
			title={`Item ${item.ordinal}`}
			label="Item"
			onClose={onClose}
			actions={
				mayWrite ? (
					<>
						<IconButton icon={IconPencil} label="Change this item" onClick={() => setEditing(true)} />
						<IconButton icon={IconTrash} label="Remove this item" onClick={() => void askRemoval()} />
					</>
				) : undefined
			}
		>
			<Facts>
				<Fact name="Question">{item.input}</Fact>
				<Fact name="Expected">{item.expected}</Fact>
				<Fact name="Notes">{item.notes}</Fact>
				<Fact name="Tags">{item.tags.join(", ")}</Fact>
				<Fact name="From">{item.sourceRunId ? "An answer in a chat" : "Written"}</Fact>
				<Fact name="By">{item.changedByName ?? "Somebody who is gone"}</Fact>
				<Fact name="Since">
					version {item.fromVersion}, <Exactly at={item.createdAt} />
				</Fact>
			</Facts>
			{earlier.length > 0 ? (
				<PanelSection title="As it was">
					<ol className={styles.history}>
						{earlier.map((state) => (
							<li key={state.fromVersion}>
								{state.input}
								<small>
									Expected: {state.expected || "–"}. Versions {state.fromVersion} to {(state.toVersion ?? 1) - 1}, by{" "}
									{state.changedByName ?? "somebody who is gone"}
								</small>
							</li>
						))}
					</ol>
				</PanelSection>
			) : null}
			{isEditing ? (
				<ItemForm datasetId={dataset.id} changed={{ dataset, item }} onClose={() => setEditing(false)} />
			) : null}
		</SidePanel>
	);
}
