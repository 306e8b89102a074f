"use client";

import { IconFlask, IconPlayerPlay, IconPlayerStop, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { type Dispatch, type SetStateAction, useState } from "react";
import { useApi } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/empty";
import { ErrorView } from "@/components/ui/error-view";
import type { Failure } from "@/components/ui/failure";
import { counted } from "@/components/ui/figures";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { type Bench, mostWindows } from "@/server/playground/contract";
import { BenchFields } from "./bench-fields";
import { changed, doubled, trialOf, withWindow } from "./bench-state";
import styles from "./playground.module.css";
import { TrialWindow } from "./trial-window";
import { useTrials } from "./use-trials";

const SaveForm = dynamic(() => import("./save-form"), { ssr: false });
const noInput = {};

/** What all windows share on the top, and the windows side by side. */
export function BenchView({
	bench,
	failure,
	onChange,
}: {
	bench: Bench;
	failure: Failure | null;
	onChange: Dispatch<SetStateAction<Bench>>;
}) {
	const api = useApi();
	const choices = useQuery(api.agents.models.queryOptions(noInput)).data;
	const { answers, run, stop } = useTrials();
	const [savedId, setSavedId] = useState<string | null>(null);
	const { windows } = bench;
	const saved = windows.find(({ id }) => id === savedId);
	const runnable = windows.filter(({ text }) => text.trim() !== "");
	const running = windows.filter(({ id }) => answers[id]?.isRunning);
	const runAll = () => {
		for (const one of runnable) void run(one.id, trialOf(bench, one));
	};
	return (
		<ReadPage>
			<PageHeader
				title="Playground"
				count={counted(windows.length, "window")}
				actions={
					<>
						<Button
							icon={IconPlus}
							disabled={windows.length >= mostWindows}
							onClick={() => onChange((now) => doubled(now, now.windows.at(-1)))}
						>
							Add window
						</Button>
						{running.length > 0 ? (
							<Button
								icon={IconPlayerStop}
								onClick={() => {
									for (const { id } of running) stop(id);
								}}
							>
								Stop all
							</Button>
						) : null}
						<Button look="primary" icon={IconPlayerPlay} disabled={runnable.length === 0} onClick={runAll}>
							Run all
						</Button>
					</>
				}
			>
				The same question with other words, another model or other parameters. What a window asks is counted like a run.
			</PageHeader>
			{failure ? <ErrorView failure={failure} /> : null}
			{choices?.models.length === 0 ? (
				<Empty icon={IconFlask} title="No chat model is set">
					Passages alone are quoted without one. An administrator connects one under Models.
				</Empty>
			) : null}
			<BenchFields bench={bench} onChange={(change) => onChange((now) => changed(now, change))} />
			<div className={styles.windows}>
				{windows.map((one, at) => (
					<TrialWindow
						key={one.id}
						title={`Window ${at + 1}`}
						window={one}
						models={choices?.models ?? []}
						first={choices?.first ?? null}
						answer={answers[one.id]}
						onChange={(change) => onChange((now) => withWindow(now, one.id, change))}
						onBench={onChange}
						onRun={() => void run(one.id, trialOf(bench, one))}
						onStop={() => stop(one.id)}
						onSave={() => setSavedId(one.id)}
						onRemove={
							windows.length === 1
								? undefined
								: () => {
										stop(one.id);
										onChange((now) => changed(now, { windows: now.windows.filter(({ id }) => id !== one.id) }));
									}
						}
					/>
				))}
			</div>
			{saved ? (
				<SaveForm
					bench={bench}
					window={saved}
					onSaved={(from) => onChange((now) => withWindow(now, saved.id, { from }))}
					onClose={() => setSavedId(null)}
				/>
			) : null}
		</ReadPage>
	);
}
