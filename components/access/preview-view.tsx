"use client";

import { IconEye } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { areas } from "@/components/shell/areas";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Badge } from "@/components/ui/badge";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import type { Preview, ResourceKind } from "@/server/access/contract";
import styles from "./access.module.css";
import { kindWords } from "./kinds";
import { RightsList } from "./rights-list";

const kinds: readonly ResourceKind[] = ["collection", "agent", "prompt", "mcpServer"];

/** The console as somebody else has it: which pages, which things, which rights. */
export function PreviewView({ userId }: { userId: string }) {
	const api = useApi();
	const query = useQuery({ ...api.access.preview.queryOptions({ userId }), staleTime: 60_000 });
	if (query.error) return <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />;
	const preview = query.data;
	if (!preview) return null;
	return (
		<>
			<div>
				<Badge tone="amber" icon={IconEye}>
					As {preview.standing.name}, to look at only
				</Badge>
			</div>
			<Menu preview={preview} />
			{kinds.map((kind) => (
				<Seen key={kind} kind={kind} seen={preview[kind]} />
			))}
			<details>
				<summary>{counted(preview.standing.rights.length, "right")}, and where each comes from</summary>
				<RightsList standing={preview.standing} />
			</details>
		</>
	);
}

function Menu({ preview }: { preview: Preview }) {
	const held = new Set(preview.standing.rights.map(({ permission }) => permission));
	const shown = areas
		.map((area) => ({ ...area, entries: area.entries.filter(({ permission }) => held.has(permission)) }))
		.filter(({ entries }) => entries.length > 0);
	if (shown.length === 0) return <p>They can't sign in: the account is disabled.</p>;
	return (
		<div className={styles.card}>
			{shown.map((area) => (
				<div key={area.name}>
					<p className={styles.hint}>{area.name}</p>
					<p>{area.entries.map(({ label }) => label).join(" · ")}</p>
				</div>
			))}
		</div>
	);
}

function Seen({ kind, seen }: { kind: ResourceKind; seen: Preview[ResourceKind] }) {
	const hidden = seen.rows.filter(({ name }) => name === null).length;
	return (
		<div>
			<p style={{ fontWeight: 550 }}>{counted(seen.count, kindWords[kind])}</p>
			<ul className={styles.rows}>
				{seen.rows.flatMap(({ id, name, level }) =>
					name === null
						? []
						: [
								<li key={id}>
									<span className={styles.who}>{name}</span>
									<span className={styles.hint}>
										{level === "manage" ? "manages" : kind === "mcpServer" ? "uses its tools" : "reads"}
									</span>
								</li>,
							],
				)}
			</ul>
			{hidden > 0 ? <p className={styles.hint}>{hidden} of them you may not read: their names stay hidden.</p> : null}
		</div>
	);
}
