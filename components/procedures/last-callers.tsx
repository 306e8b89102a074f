"use client";

import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import { When } from "@/components/ui/time";
import styles from "./procedures.module.css";

const kinds: Record<string, string> = { apiKey: "through a key", agent: "through an agent", job: "through a job" };

/** Who called it last, and how: for who reads the audit. */
export function LastCallers({ procedure }: { procedure: string }) {
	const query = useQuery(useApi().procedures.callers.queryOptions({ procedure }));
	if (query.error) return <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />;
	if (!query.data) return <p className={styles.hint}>Reading…</p>;
	const { rows } = query.data;
	if (rows.length === 0)
		return (
			<p className={styles.hint}>Nobody in the last 30 days. A call shows here a few seconds after it was made.</p>
		);
	return (
		<ul className={styles.callers}>
			{rows.map((row) => (
				<li key={`${row.userId} ${row.kind} ${row.via}`}>
					<span>
						<Link href={`/users?open=${row.userId}`}>{row.userName}</Link> {kinds[row.kind] ?? ""} by {row.via}
						<small>
							{counted(row.calls, "call")}
							{row.lastCode === "OK" ? "" : `, the last was refused: ${row.lastCode}`}
						</small>
					</span>
					<When at={row.lastAt} />
				</li>
			))}
		</ul>
	);
}
