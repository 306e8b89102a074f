"use client";

import { Drawer } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import type { Dataset, DatasetItem } from "@/server/evaluations/contract";
import styles from "./evaluations.module.css";
import { ItemFields, type ItemWords, noWords } from "./item-fields";

/** A new item, or another wording of one: how it was stays for the experiments that had it. */
export default function ItemForm({
	datasetId,
	changed,
	onClose,
}: {
	datasetId: string;
	changed?: { dataset: Dataset; item: DatasetItem };
	onClose: () => void;
}) {
	const api = useApi();
	const cache = useQueryClient();
	const [words, setWords] = useState<ItemWords>(changed?.item ?? noWords);
	const done = {
		onSuccess: async () => {
			await cache.invalidateQueries(api.evaluations.pathFilter());
			onClose();
		},
	};
	const add = useMutation(api.evaluations.addItem.mutationOptions(done));
	const change = useMutation(api.evaluations.changeItem.mutationOptions(done));
	const error = add.error ?? change.error;
	return (
		<Theme>
			<Drawer opened onClose={onClose} position="right" size={520} title={changed ? "Change the item" : "New item"}>
				<form
					className={styles.stack}
					onSubmit={(event) => {
						event.preventDefault();
						const { input, expected, notes, tags } = words;
						const said = { datasetId, input, expected, notes, tags };
						if (changed) change.mutate({ ...said, itemId: changed.item.id, basedOn: changed.dataset.version });
						else add.mutate(said);
					}}
				>
					<ItemFields words={words} onChange={setWords} />
					{error ? <ErrorView failure={toFailure(error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button
							type="submit"
							look="primary"
							isBusy={add.isPending || change.isPending}
							disabled={words.input.trim() === ""}
						>
							{changed ? "Save" : "Add it"}
						</Button>
					</div>
				</form>
			</Drawer>
		</Theme>
	);
}
