"use client";

import { Modal, Radio } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import type { Source } from "@/server/sources/contract";
import styles from "./sources.module.css";

/** Deletes a source, after asking what becomes of its documents. */
export default function RemoveSource({ source, onClose }: { source: Source; onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const [documents, setDocuments] = useState<"keep" | "delete">("keep");
	const remove = useMutation(
		api.sources.remove.mutationOptions({
			onSuccess: async () => {
				onClose();
				await Promise.all([
					cache.invalidateQueries(api.sources.pathFilter()),
					cache.invalidateQueries(api.knowledge.pathFilter()),
				]);
				say(`${source.name} was deleted`);
			},
		}),
	);
	const all = counted(source.documentCount, "document");
	return (
		<Theme>
			<Modal opened onClose={onClose} title={`Delete ${source.name}?`}>
				<div className={styles.stack}>
					<Radio.Group
						label={`What becomes of its ${all}?`}
						value={documents}
						onChange={(value) => setDocuments(value === "delete" ? "delete" : "keep")}
					>
						<div className={styles.choices}>
							<Radio value="keep" label="They stay, as if somebody had added them by hand." />
							<Radio value="delete" label="They are deleted too, for good. Agents no longer find them." />
						</div>
					</Radio.Group>
					{remove.error ? <ErrorView failure={toFailure(remove.error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button
							look="danger"
							isBusy={remove.isPending}
							onClick={() => remove.mutate({ sourceId: source.id, documents })}
						>
							{documents === "delete" ? `Delete with ${all}` : "Delete source"}
						</Button>
					</div>
				</div>
			</Modal>
		</Theme>
	);
}
