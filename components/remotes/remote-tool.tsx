"use client";

import { NativeSelect, Switch } from "@mantine/core";
import { IconEye, IconPlugOff } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Badge } from "@/components/ui/badge";
import { ErrorView } from "@/components/ui/error-view";
import { Json } from "@/components/ui/json";
import { type RemoteTool, ToolRisk } from "@/server/remotes/contract";
import styles from "./remotes.module.css";

const risks = [
	{ value: "danger", label: "Dangerous: needs an approval" },
	{ value: "write", label: "Changes something" },
	{ value: "read", label: "Only reads" },
];

/** One tool: what its server says of it, and what is made of it here. */
export function RemoteToolItem({ tool }: { tool: RemoteTool }) {
	const api = useApi();
	const cache = useQueryClient();
	const set = useMutation(
		api.remotes.setTool.mutationOptions({ onSettled: () => cache.invalidateQueries(api.remotes.pathFilter()) }),
	);
	const save = (change: Partial<Pick<RemoteTool, "isEnabled" | "risk">>) =>
		set.mutate({ toolId: tool.id, isEnabled: tool.isEnabled, risk: tool.risk, hash: tool.hash, ...change });
	return (
		<li className={styles.tool}>
			<div className={styles.toolHead}>
				<code>{tool.alias}</code>
				{tool.changedAt ? (
					<Badge tone="amber" icon={IconEye}>
						Changed: look again
					</Badge>
				) : null}
				{tool.goneAt ? <Badge icon={IconPlugOff}>Gone</Badge> : null}
			</div>
			{tool.description ? (
				<blockquote className={styles.said}>{tool.description}</blockquote>
			) : (
				<p className={styles.hint}>Its server says nothing of it.</p>
			)}
			<details className={styles.schema}>
				<summary>What it takes</summary>
				<Json value={tool.inputSchema} label={`What ${tool.alias} takes`} />
			</details>
			<div className={styles.toolFoot}>
				<Switch
					label="On"
					aria-label={`${tool.alias} can be used`}
					checked={tool.isEnabled}
					disabled={set.isPending || (tool.goneAt !== null && !tool.isEnabled)}
					onChange={(event) => save({ isEnabled: event.currentTarget.checked })}
				/>
				<NativeSelect
					aria-label={`How dangerous ${tool.alias} is`}
					size="xs"
					data={risks}
					value={tool.risk}
					disabled={set.isPending}
					onChange={(event) => save({ risk: ToolRisk.parse(event.currentTarget.value) })}
				/>
			</div>
			{set.error ? <ErrorView failure={toFailure(set.error)} /> : null}
		</li>
	);
}
