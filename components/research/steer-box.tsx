"use client";

import { IconCheck, IconClock, IconCornerDownRight } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { longestSteer, type Steer } from "@/server/research/contract";
import styles from "./research.module.css";

/** What the person added while the research went on, and a place to add more as long as it does. */
export function SteerBox(props: { runId: string; steers: Steer[]; taken: string[]; isLive: boolean }) {
	const { runId, steers, taken, isLive } = props;
	const mayRun = useMay("runs:write");
	if (steers.length === 0 && !(isLive && mayRun)) return null;
	return (
		<div className={styles.steer}>
			{steers.length > 0 ? (
				<ul className={styles.steers} aria-label="Instructions">
					{steers.map((steer) => (
						<Given
							key={steer.id}
							steer={steer}
							isTaken={steer.takenAt !== null || taken.includes(steer.id)}
							isLive={isLive}
						/>
					))}
				</ul>
			) : null}
			{isLive && mayRun ? <Form runId={runId} /> : null}
		</div>
	);
}

function Given({ steer, isTaken, isLive }: { steer: Steer; isTaken: boolean; isLive: boolean }) {
	const Mark = isTaken ? IconCheck : IconClock;
	return (
		<li>
			<Mark size={15} stroke={1.5} aria-hidden="true" />
			<span>
				{steer.text}{" "}
				<span className={styles.faint}>
					{isTaken ? "in use" : isLive ? "waits for the next step" : "came too late"}
				</span>
			</span>
		</li>
	);
}

function Form({ runId }: { runId: string }) {
	const api = useApi();
	const cache = useQueryClient();
	const [text, setText] = useState("");
	const steer = useMutation(
		api.research.steer.mutationOptions({
			onSuccess: async () => {
				setText("");
				await cache.invalidateQueries(api.research.get.queryFilter({ runId }));
			},
		}),
	);
	const isEmpty = text.trim() === "";
	return (
		<form
			className={styles.steerForm}
			onSubmit={(event) => {
				event.preventDefault();
				if (!isEmpty) steer.mutate({ runId, text });
			}}
		>
			<input
				aria-label="Add an instruction"
				placeholder="Steer it: what else to look into, or how"
				maxLength={longestSteer}
				value={text}
				onChange={(event) => setText(event.target.value)}
			/>
			<Button type="submit" icon={IconCornerDownRight} disabled={isEmpty} isBusy={steer.isPending}>
				Steer
			</Button>
			{steer.error ? <ErrorView failure={toFailure(steer.error)} /> : null}
		</form>
	);
}
