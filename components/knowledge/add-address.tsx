"use client";

import { IconWorldPlus } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { say } from "@/components/ui/say";
import type { Document } from "@/server/knowledge/contract";
import styles from "./knowledge.module.css";

/** Adds a web page, a file or a sitemap by its address. */
export function AddAddress({ collectionId, onAdded }: { collectionId: string; onAdded: (document: Document) => void }) {
	const api = useApi();
	const [address, setAddress] = useState("");
	const add = useMutation(
		api.knowledge.addAddress.mutationOptions({
			onSuccess: ({ document, isNew }) => {
				setAddress("");
				onAdded(document);
				say(isNew ? "It is fetched now" : "The collection has this address: it is fetched again");
			},
		}),
	);
	const submit = (event: FormEvent) => {
		event.preventDefault();
		if (address.trim()) add.mutate({ collectionId, address: address.trim() });
	};
	return (
		<form onSubmit={submit} className={styles.address}>
			<input
				type="url"
				aria-label="Address of a web page or sitemap"
				placeholder="https://… a web page, a file or a sitemap"
				maxLength={2000}
				value={address}
				onChange={(event) => setAddress(event.target.value)}
			/>
			<Button type="submit" icon={IconWorldPlus} isBusy={add.isPending} disabled={address.trim() === ""}>
				Add address
			</Button>
			{add.error ? <ErrorView failure={toFailure(add.error)} /> : null}
		</form>
	);
}
