"use client";

import { IconBook2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { ButtonLink } from "@/components/ui/button-link";
import { Empty } from "@/components/ui/empty";
import { counted } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import styles from "./conversation.module.css";

/** Before the first question: what one can ask about. */
export function Welcome() {
	const api = useApi();
	const mayWrite = useMay("knowledge:write");
	const collections = useQuery(api.knowledge.listCollections.queryOptions({ limit: 6 }));
	const rows = collections.data?.rows ?? [];
	return (
		<div className={styles.welcome}>
			<div>
				<h2>What would you like to know?</h2>
				<p>
					Agents answer from your organisation's documents, say where each sentence comes from, and say so when the
					documents don't tell.
				</p>
			</div>
			{collections.isSuccess && rows.length === 0 ? (
				<Empty
					icon={IconBook2}
					title="There are no documents yet"
					action={
						mayWrite ? (
							<ButtonLink href="/knowledge?new=1" look="primary">
								New collection
							</ButtonLink>
						) : undefined
					}
				>
					{mayWrite
						? "Make a collection and drag files into it. You can ask about them as soon as they are read."
						: "Somebody has to share a collection with you before there is something to ask about."}
				</Empty>
			) : null}
			{rows.length > 0 ? (
				<section aria-label="Collections">
					<h3>You can ask about</h3>
					<ul>
						{rows.map((collection) => (
							<li key={collection.id}>
								<Link href={`/knowledge/${collection.id}`} className={styles.where}>
									<strong>{collection.name}</strong>
									<small>{counted(collection.readyCount, "document")}</small>
								</Link>
							</li>
						))}
					</ul>
				</section>
			) : null}
		</div>
	);
}
