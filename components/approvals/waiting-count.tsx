"use client";

import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { counted } from "@/components/ui/figures";
import styles from "./approvals.module.css";

const noInput = {};
const refreshMs = 10_000;

/** How many wait for a decision that one may make; nothing where none does. */
export function WaitingCount() {
	const api = useApi();
	const { data } = useQuery({ ...api.approvals.waiting.queryOptions(noInput), refetchInterval: refreshMs });
	const count = data?.toDecide ?? 0;
	if (count === 0) return null;
	return (
		<span className={styles.count} title={`${counted(count, "call")} to decide`}>
			<span aria-hidden="true">{count > 99 ? "99+" : count}</span>
			<span className={styles.spoken}>, {counted(count, "call")} to decide</span>
		</span>
	);
}
