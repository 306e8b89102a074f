"use client";

import { IconArrowsDiff, IconHistory } from "@tabler/icons-react";
import { useMay } from "@/components/shell/me";
import { ButtonLink } from "@/components/ui/button-link";
import { FilterSelect } from "@/components/ui/field";
import { useUrl } from "@/components/ui/use-url";
import type { Branch } from "@/server/threads/contract";
import styles from "./conversation.module.css";

/** Where the chat parted: which of its ways is shown, and gone on with. */
export function Branches({ branches, openId }: { branches: readonly Branch[]; openId: string | null }) {
	const url = useUrl();
	if (branches.length === 0) return null;
	return (
		<div className={styles.branches}>
			<FilterSelect
				label="Branch"
				value={openId ?? ""}
				options={[
					{ value: "", label: "As it was asked first" },
					...branches.map(({ id }, at) => ({ value: id, label: `Branch ${at + 1}` })),
				]}
				onChange={(value) => url.set({ branch: value || null })}
			/>
			<small>This chat parted {branches.length === 1 ? "once" : `${branches.length} times`}.</small>
		</div>
	);
}

/** To the moments of a run, from which another can go on. */
export function CheckpointsLink({ runId }: { runId: string }) {
	if (!useMay("runs:fork")) return null;
	return (
		<ButtonLink size="small" look="quiet" icon={IconHistory} href={`/runs/${runId}/checkpoints`}>
			Checkpoints
		</ButtonLink>
	);
}

export function CompareLink({ runId, otherRunId }: { runId: string; otherRunId: string }) {
	return (
		<ButtonLink size="small" look="quiet" icon={IconArrowsDiff} href={`/runs/compare?a=${otherRunId}&b=${runId}`}>
			Compare with the first answer
		</ButtonLink>
	);
}
