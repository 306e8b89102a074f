"use client";

import { FileInput, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import { longestImport } from "@/server/evaluations/contract";
import styles from "./evaluations.module.css";

/** Rows of a CSV file as items: all of them, or none where one can't be read. */
export default function ImportForm({ datasetId, onClose }: { datasetId: string; onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const [file, setFile] = useState<File | null>(null);
	const isTooLarge = file !== null && file.size > longestImport;
	const bring = useMutation(
		api.evaluations.importItems.mutationOptions({
			onSuccess: async ({ added, skipped }) => {
				await cache.invalidateQueries(api.evaluations.pathFilter());
				say(`${counted(added, "item")} added${skipped > 0 ? `, ${skipped} were there already` : ""}`);
				onClose();
			},
		}),
	);
	return (
		<Theme>
			<Modal opened onClose={onClose} title="Import items">
				<form
					className={styles.stack}
					onSubmit={(event) => {
						event.preventDefault();
						if (file) void file.text().then((csv) => bring.mutate({ datasetId, csv }));
					}}
				>
					<p className={styles.note}>
						The first row names the columns: <b>input</b>, and as you like <b>expected</b>, <b>notes</b> and <b>tags</b>{" "}
						(with ; between them). Questions that are there already are left out.
					</p>
					<FileInput
						label="CSV file"
						placeholder="Choose a file"
						accept=".csv,text/csv"
						value={file}
						onChange={setFile}
						error={isTooLarge ? "This file is too large: at most 800 kB at once." : undefined}
					/>
					{bring.error ? <ErrorView failure={toFailure(bring.error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={bring.isPending} disabled={!file || isTooLarge}>
							Import
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}
