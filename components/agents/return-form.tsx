"use client";

import { Modal, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import styles from "./agents.module.css";

/** Sends a draft back to its authors, with a reason. */
export default function ReturnForm({
	read,
	onClose,
}: {
	read: { agentId: string; basedOn: number };
	onClose: () => void;
}) {
	const api = useApi();
	const cache = useQueryClient();
	const [note, setNote] = useState("");
	const review = useMutation(
		api.agents.review.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.agents.pathFilter());
				say("The draft went back to its authors");
				onClose();
			},
		}),
	);
	return (
		<Theme>
			<Modal opened onClose={onClose} title="Send the draft back">
				<form
					className={styles.stack}
					onSubmit={(event) => {
						event.preventDefault();
						review.mutate({ ...read, decision: "return", note });
					}}
				>
					<Textarea
						label="Why"
						description="Its authors read it."
						data-autofocus
						autosize
						minRows={2}
						maxLength={500}
						value={note}
						onChange={(event) => setNote(event.currentTarget.value)}
					/>
					{review.error ? <ErrorView failure={toFailure(review.error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={review.isPending}>
							Send back
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}
