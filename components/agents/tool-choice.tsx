"use client";

import { MultiSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";

type Chosen = { tools: string[]; approvalTools: string[] };
const noInput = {};
const allRemote = { limit: 200 };

/** What the agent may do for whoever asks it, and what of that waits for a person. */
export function ToolChoice({ tools, approvalTools, onChange }: Chosen & { onChange: (chosen: Chosen) => void }) {
	const api = useApi();
	const mayList = useMay("procedures:read");
	const procedures = useQuery({ ...api.procedures.list.queryOptions(noInput), enabled: mayList });
	const mayUseRemote = useMay("mcp-tools:use");
	const remote = useQuery({ ...api.remotes.listUsable.queryOptions(allRemote), enabled: mayUseRemote });
	const offered = [
		...(procedures.data?.rows ?? []).filter(({ tool }) => tool !== null),
		...(remote.data?.rows ?? []).map(({ alias, serverName, risk }) => ({
			path: alias,
			risk,
			summary: `a tool of ${serverName}, outside of Quarterdeck`,
		})),
	];
	const labelOf = ({ path, risk, summary }: (typeof offered)[number]) =>
		`${path}: ${summary ?? ""}${risk === "danger" ? " (dangerous)" : ""}`;
	const dangerous = new Set(offered.filter(({ risk }) => risk === "danger").map(({ path }) => path));
	if (!mayList && offered.length === 0 && tools.length === 0) return null;
	return (
		<>
			<MultiSelect
				label="Tools"
				description="It calls them with the rights of whoever asks. What is dangerous waits for a second person."
				placeholder={tools.length === 0 ? "None: it answers from documents only" : undefined}
				searchable
				disabled={!mayList && !mayUseRemote}
				data={[
					...offered.map((one) => ({ value: one.path, label: labelOf(one) })),
					...tools
						.filter((path) => !offered.some((one) => one.path === path))
						.map((path) => ({ value: path, label: path })),
				]}
				nothingFoundMessage="No tool by that name"
				value={tools}
				onChange={(chosen) =>
					onChange({ tools: chosen, approvalTools: approvalTools.filter((path) => chosen.includes(path)) })
				}
			/>
			{tools.some((path) => !dangerous.has(path)) ? (
				<MultiSelect
					label="Ask the person before"
					description="These wait until whoever asked has allowed the call."
					data={tools.filter((path) => !dangerous.has(path))}
					value={approvalTools}
					onChange={(chosen) => onChange({ tools, approvalTools: chosen })}
				/>
			) : null}
		</>
	);
}
