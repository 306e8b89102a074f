"use client";

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { ErrorView } from "@/components/ui/error-view";
import { counted, figure } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { When } from "@/components/ui/time";
import {
	type CollectionDuplicates,
	type CollectionHealth,
	staleAfterDays,
	unansweredForDays,
	unfoundAfterDays,
} from "@/server/knowledge/contract/health";
import { CollectionTabs } from "./collection-tabs";
import styles from "./health.module.css";
import { stateWords } from "./states";

/** What in a collection wants somebody's attention, and what to do about it. */
export function CollectionHealthView({ collectionId }: { collectionId: string }) {
	const api = useApi();
	const collection = useQuery(api.knowledge.getCollection.queryOptions({ collectionId }));
	const health = useQuery(api.knowledge.getHealth.queryOptions({ collectionId }));
	const duplicates = useQuery(api.knowledge.getDuplicates.queryOptions({ collectionId }));
	const error = collection.error ?? health.error ?? duplicates.error;
	return (
		<ReadPage>
			<PageHeader up={{ href: "/knowledge", label: "Knowledge" }} title={collection.data?.name ?? "Collection"}>
				What in this collection wants somebody’s attention, and what to do about it.
			</PageHeader>
			<CollectionTabs collectionId={collectionId} at="/health" />
			{error ? <ErrorView failure={toFailure(error)} retry={() => void health.refetch()} /> : null}
			{health.data ? <Findings collectionId={collectionId} health={health.data} /> : null}
			{duplicates.data ? <Duplicates found={duplicates.data} /> : null}
		</ReadPage>
	);
}

function Section({ title, count, children }: { title: string; count?: string; children: ReactNode }) {
	return (
		<section className={styles.section}>
			<h2>
				{title}
				{count ? <span>{count}</span> : null}
			</h2>
			{children}
		</section>
	);
}

const todo: Partial<Record<CollectionHealth["states"][number]["state"], string>> = {
	failed: "Each says in the list why: mend the file, or try again.",
	paused: "They wait until somebody resumes them.",
	cancelled: "Try them again, or delete them.",
};

function Findings({ collectionId, health }: { collectionId: string; health: CollectionHealth }) {
	const { states, stale, unfound, unanswered } = health;
	return (
		<>
			<Section title="Documents by state">
				{states.length === 0 ? (
					<p>
						There are none yet. <Link href={`/knowledge/${collectionId}`}>Add some</Link>, or let the collection{" "}
						<Link href={`/knowledge/${collectionId}/sources`}>follow a source</Link>.
					</p>
				) : (
					<ul>
						{states.map(({ state, count }) => (
							<li key={state}>
								<span>
									{stateWords[state]}: {figure(count)}
								</span>
								{todo[state] ? (
									<span>
										{todo[state]} <Link href={`/knowledge/${collectionId}`}>Go to the documents</Link>
									</span>
								) : null}
							</li>
						))}
					</ul>
				)}
			</Section>
			<Section title="Stale" count={counted(stale.count, "document")}>
				<p>
					Neither brought nor changed for {staleAfterDays} days, nor confirmed by a sync of their source. Read them:
					bring a new version, or delete what no longer holds.
				</p>
				<Rows rows={stale.rows} count={stale.count} none="None: everything was brought or confirmed since." />
			</Section>
			<Section title="Never found" count={counted(unfound.count, "document")}>
				<p>
					Here for {unfoundAfterDays} days or more, and no search ever found them, so no answer cites them. Say what
					they are about in their words, or delete them.
				</p>
				<Rows
					rows={unfound.rows}
					count={unfound.count}
					none="None: every document that is here long enough was found."
				/>
			</Section>
			<Section title="Your questions without an answer" count={counted(unanswered.length, "question")}>
				<p>
					Your own of the last {unansweredForDays} days, for agents that look in this collection. Nobody sees those of
					others. Add a document that answers them.
				</p>
				{unanswered.length === 0 ? (
					<p>None.</p>
				) : (
					<ul>
						{unanswered.map(({ runId, threadId, question, at }) => (
							<li key={runId}>
								<Link href={`/chat/${threadId}`}>{question}</Link>
								<When at={at} />
							</li>
						))}
					</ul>
				)}
			</Section>
		</>
	);
}

function Rows({ rows, count, none }: { rows: CollectionHealth["stale"]["rows"]; count: number; none: string }) {
	if (rows.length === 0) return <p>{none}</p>;
	return (
		<ul>
			{rows.map(({ id, name, at }) => (
				<li key={id}>
					<Link href={`/knowledge/documents/${id}`}>{name}</Link>
					<When at={at} />
				</li>
			))}
			{count > rows.length ? <li>and {figure(count - rows.length)} more, newer than these</li> : null}
		</ul>
	);
}

function Duplicates({ found: { pairs, compared, isWhole } }: { found: CollectionDuplicates }) {
	return (
		<Section title="Nearly the same" count={counted(pairs.length, "pair")}>
			<p>
				{isWhole
					? `The first pages of ${counted(compared, "document")} were compared.`
					: `The first pages of the newest ${figure(compared)} documents were compared.`}{" "}
				Answers may cite either: keep the one that holds, and delete the other.
			</p>
			{pairs.length === 0 ? (
				<p>None.</p>
			) : (
				<ul>
					{pairs.map(({ newer, older }) => (
						<li key={`${newer.id} ${older.id}`}>
							<Link href={`/knowledge/documents/${newer.id}`}>{newer.name}</Link>
							<span>
								is nearly <Link href={`/knowledge/documents/${older.id}`}>{older.name}</Link>
							</span>
						</li>
					))}
				</ul>
			)}
		</Section>
	);
}
