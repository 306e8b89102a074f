"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { RunStory } from "@/components/chat/fold-run";
import { useApi } from "@/components/trpc/client";
import type { Run } from "@/server/runs/contract";
import { PlanEditor } from "./plan-editor";
import styles from "./research.module.css";
import { Researchers } from "./researchers";
import { SteerBox } from "./steer-box";

/** What a research run is about to do, does, and was told meanwhile: the same for whoever comes back to it. */
export default function Research({ run, story, isLive }: { run: Run; story: RunStory; isLive: boolean }) {
	const api = useApi();
	const cache = useQueryClient();
	const { plan, researchers, taken, reviews } = story.research;
	const query = useQuery(api.research.get.queryOptions({ runId: run.id }));
	const steers = query.data?.steers ?? [];
	const usedCount = taken.length;
	// What was given in another tab shows once a step has used it.
	useEffect(() => {
		if (usedCount > 0) void cache.invalidateQueries(api.research.get.queryFilter({ runId: run.id }));
	}, [usedCount, cache, api, run.id]);
	const isWaiting = isLive && plan !== null && !plan.isAccepted;
	const returned = reviews.filter(({ isPassed }) => !isPassed).at(-1);
	return (
		<section className={styles.research} aria-label="Research">
			{plan && isWaiting ? <PlanEditor key={plan.parts.join("\n")} runId={run.id} plan={plan} /> : null}
			{plan && !isWaiting ? <Researchers plan={plan} researchers={researchers} isLive={isLive} /> : null}
			{returned ? (
				<details className={styles.review}>
					<summary>
						{reviews.some(({ isPassed }) => isPassed)
							? `The review passed the report after ${returned.round === 1 ? "one return" : `${returned.round} returns`}`
							: "The review sent the report back"}
					</summary>
					<p>{returned.remarks}</p>
				</details>
			) : null}
			<SteerBox runId={run.id} steers={steers} taken={taken} isLive={isLive} />
		</section>
	);
}
