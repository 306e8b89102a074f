"use client";

import { IconStar } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Bar } from "@/components/ui/bar";
import { Button } from "@/components/ui/button";
import { ButtonLink } from "@/components/ui/button-link";
import { Empty } from "@/components/ui/empty";
import { ErrorView } from "@/components/ui/error-view";
import { figure } from "@/components/ui/figures";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import styles from "./evaluations.module.css";

const ratings = [
	{ rating: 1, word: "Wrong" },
	{ rating: 2, word: "Poor" },
	{ rating: 3, word: "Half right" },
	{ rating: 4, word: "Good" },
	{ rating: 5, word: "As good as can be" },
] as const;

/** The rating that a key stands for: 1 to 5, and B and G for bad and good. */
function ratingOf(key: string): number | null {
	if (/^[1-5]$/.test(key)) return Number(key);
	return key === "g" || key === "G" ? 5 : key === "b" || key === "B" ? 1 : null;
}

/** One answer after the other, worked by keyboard. */
export function RateView({ experimentId }: { experimentId: string }) {
	const api = useApi();
	const cache = useQueryClient();
	const next = api.evaluations.nextAnswer.queryOptions({ experimentId });
	const { data, error, refetch } = useQuery({ ...next, staleTime: Number.POSITIVE_INFINITY });
	const [comment, setComment] = useState("");
	const heading = useRef<HTMLHeadingElement>(null);
	const rate = useMutation(
		api.evaluations.rate.mutationOptions({
			onSuccess: async (answer) => {
				setComment("");
				cache.setQueryData(next.queryKey, answer);
				await cache.invalidateQueries(api.evaluations.listToRate.pathFilter());
				await cache.invalidateQueries(api.evaluations.getExperiment.pathFilter());
				// A new answer is read from its top.
				heading.current?.focus();
			},
		}),
	);
	const resultId = data?.resultId ?? null;
	const { mutate, isPending } = rate;
	useEffect(() => {
		const onKey = (event: KeyboardEvent) => {
			const isTyping = event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement;
			if (event.ctrlKey || event.metaKey || event.altKey || isTyping || !resultId || isPending) return;
			const rating = ratingOf(event.key);
			if (rating === null) return;
			event.preventDefault();
			mutate({ experimentId, resultId, rating, comment });
		};
		window.addEventListener("keydown", onKey);
		return () => window.removeEventListener("keydown", onKey);
	}, [experimentId, resultId, comment, isPending, mutate]);
	if (error && !data) return <ErrorView failure={toFailure(error)} retry={() => void refetch()} />;
	return (
		<ReadPage>
			<PageHeader up={{ href: "/evaluations/rate", label: "Answers to rate" }} title="Rate answers">
				Press 1 to 5, or G for good and B for bad; C to write a comment first, Esc to leave it. Who answered is not
				shown, nor what others say.
			</PageHeader>
			{data ? (
				<Bar
					share={data.answers === 0 ? 1 : data.rated / data.answers}
					label={`${figure(data.rated)} of ${figure(data.answers)} rated by you`}
				/>
			) : null}
			{data && !resultId ? (
				<Empty
					icon={IconStar}
					title="Nothing is left to rate"
					action={<ButtonLink href="/evaluations/rate">Back to the list</ButtonLink>}
				>
					You have rated every answer that there is, or rating has ended.
				</Empty>
			) : null}
			{data && resultId ? (
				<article className={styles.rate} aria-label="The answer to rate">
					<section>
						<h2 ref={heading} tabIndex={-1}>
							Question
						</h2>
						<p>{data.question}</p>
					</section>
					{data.expected ? (
						<section>
							<h2>Expected</h2>
							<p>{data.expected}</p>
						</section>
					) : null}
					{data.notes ? (
						<section>
							<h2>Notes</h2>
							<p>{data.notes}</p>
						</section>
					) : null}
					<section className={styles.answer}>
						<h2>Answer</h2>
						<p>{data.answer}</p>
					</section>
					{data.citations.length > 0 ? (
						<section>
							<h2>What it cites</h2>
							<ol className={styles.cited}>
								{data.citations.map(({ marker, documentName, snippet }) => (
									<li key={marker}>
										[{marker}] {documentName}: {snippet}
									</li>
								))}
							</ol>
						</section>
					) : null}
					<Comment key={resultId} value={comment} onChange={setComment} />
					{rate.error ? <ErrorView failure={toFailure(rate.error)} /> : null}
					<div className={styles.ratings}>
						{ratings.map(({ rating, word }) => (
							<Button
								key={rating}
								isBusy={isPending}
								onClick={() => mutate({ experimentId, resultId, rating, comment })}
							>
								<kbd>{rating}</kbd> {word}
							</Button>
						))}
					</div>
				</article>
			) : null}
		</ReadPage>
	);
}

/** C goes into it, Esc out of it, so that the next key is a rating again. */
function Comment({ value, onChange }: { value: string; onChange: (value: string) => void }) {
	const field = useRef<HTMLTextAreaElement>(null);
	useEffect(() => {
		const onKey = (event: KeyboardEvent) => {
			const isTyping = event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement;
			if (isTyping || event.ctrlKey || event.metaKey || event.altKey || event.key.toLowerCase() !== "c") return;
			event.preventDefault();
			field.current?.focus();
		};
		window.addEventListener("keydown", onKey);
		return () => window.removeEventListener("keydown", onKey);
	}, []);
	return (
		<label className={styles.comment}>
			Comment
			<textarea
				ref={field}
				rows={2}
				maxLength={2_000}
				value={value}
				onChange={(event) => onChange(event.target.value)}
				onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
			/>
		</label>
	);
}
