"use client";

import { IconCircleCheck, IconCircleDashed, IconClock, IconLoader2, IconSearchOff } from "@tabler/icons-react";
import { Answer } from "@/components/chat/answer";
import type { Span } from "@/components/chat/answer-props";
import { Badge } from "@/components/ui/badge";
import { Bar } from "@/components/ui/bar";
import { counted, figure } from "@/components/ui/figures";
import type { Researcher, ResearchStory } from "./fold-research";
import styles from "./research.module.css";

const none: Span[] = [];

type Plan = NonNullable<ResearchStory["plan"]>;
type Shown = { title: string; isAdded: boolean; researcher: Researcher | null };

/** The questions of the plan beside each other, each with its researcher: what it searched for, and what it found. */
export function Researchers(props: { plan: Plan; researchers: Researcher[]; isLive: boolean }) {
	const { plan, researchers, isLive } = props;
	const planned = plan.parts.map((title, at): Shown => {
		const researcher = researchers.find(({ part }) => part === `p${at + 1}`) ?? null;
		return { title, isAdded: false, researcher };
	});
	const added = researchers
		.filter(({ isAdded }) => isAdded)
		.map((researcher): Shown => ({ title: researcher.title, isAdded: true, researcher }));
	const all = [...planned, ...added];
	const done = all.filter(({ researcher }) => researcher?.text != null).length;
	return (
		<div className={styles.work}>
			{isLive ? (
				<Bar
					share={done / Math.max(1, all.length)}
					label="Questions looked into"
					detail={`${done} of ${figure(all.length)}`}
				/>
			) : (
				<p className={styles.says}>
					{done} of {counted(all.length, "question")} looked into{plan.isEdited ? ", as you changed the plan" : ""}
				</p>
			)}
			<ul className={styles.researchers}>
				{all.map((one, at) => (
					<Card key={one.researcher?.part ?? `p${at + 1}`} {...one} isLive={isLive} />
				))}
			</ul>
		</div>
	);
}

function Card({ title, isAdded, researcher, isLive }: Shown & { isLive: boolean }) {
	const last = researcher?.searches.at(-1);
	return (
		<li className={styles.card}>
			<div className={styles.head}>
				<h4>{title}</h4>
				<State researcher={researcher} isLive={isLive} />
			</div>
			{isAdded ? <p className={styles.faint}>Added by an instruction</p> : null}
			{researcher && researcher.text === null && last ? (
				<p className={styles.faint}>
					Searched for “{last.query.slice(0, 160)}”: {counted(last.passages, "passage")}
				</p>
			) : null}
			{researcher?.text != null ? (
				<details>
					<summary>
						{counted(researcher.searches.length, "search", "searches")},{" "}
						{counted(researcher.citations.length, "source")}
						{researcher.tokens > 0 ? `, ${figure(researcher.tokens)} tokens` : ""}
					</summary>
					<div className={styles.finding}>
						<Answer text={researcher.text} citations={researcher.citations} unsupported={none} isStreaming={false} />
						{researcher.note ? <p className={styles.faint}>{researcher.note}</p> : null}
					</div>
				</details>
			) : null}
		</li>
	);
}

function State({ researcher, isLive }: { researcher: Researcher | null; isLive: boolean }) {
	if (researcher?.text != null)
		return researcher.isFound ? (
			<Badge icon={IconCircleCheck} isPlain>
				Done
			</Badge>
		) : (
			<Badge icon={IconSearchOff} isPlain>
				Nothing found
			</Badge>
		);
	if (!isLive)
		return (
			<Badge icon={IconCircleDashed} isPlain>
				Not done
			</Badge>
		);
	return researcher ? (
		<Badge tone="accent" icon={IconLoader2} isMoving isPlain>
			{researcher.searches.length === 0 ? "Searches" : "Reads"}
		</Badge>
	) : (
		<Badge icon={IconClock} isPlain>
			Queued
		</Badge>
	);
}
