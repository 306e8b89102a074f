"use client";

import { Modal, NativeSelect } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button, IconButton } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import type { FoundGrantee, GrantLevel, SharedResource, Sharing } from "@/server/access/contract";
import styles from "./access.module.css";
import { NamePicker } from "./name-picker";

const levels = [
	{ value: "read", label: "May use it" },
	{ value: "manage", label: "May manage it" },
];
const levelOf = (value: string): GrantLevel => (value === "manage" ? "manage" : "read");

/** With whom a collection, an agent, a prompt, a connected server or a chat is shared. Each change holds at once. */
export default function ShareDialog({ resource, onClose }: { resource: SharedResource; onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const key = api.access.listGrants.queryKey(resource);
	const sharing = useQuery({ ...api.access.listGrants.queryOptions(resource), staleTime: 0 });
	const onSuccess = async (now?: Sharing | { done: true }) => {
		if (now && "rows" in now) cache.setQueryData(key, now);
		else await cache.invalidateQueries({ queryKey: key });
		// Their lists say who may open each.
		for (const path of [api.knowledge, api.agents, api.prompts, api.remotes, api.threads])
			void cache.invalidateQueries(path.pathFilter());
	};
	const share = useMutation(api.access.share.mutationOptions({ onSuccess }));
	const unshare = useMutation(api.access.unshare.mutationOptions({ onSuccess }));
	const error = share.error ?? unshare.error;
	const rows = sharing.data?.rows ?? [];
	const isReadOnly = resource.kind === "document" || resource.kind === "thread";
	return (
		<Theme>
			<Modal opened onClose={onClose} title={sharing.data ? `Share ${sharing.data.name}` : "Share"} size={560}>
				<div className={styles.stack}>
					<Invite
						without={rows.map(({ grantee }) => grantee)}
						isBusy={share.isPending}
						isReadOnly={isReadOnly}
						onShare={(grantee, level) => share.mutate({ ...resource, grantee, level })}
					/>
					{error ? <ErrorView failure={toFailure(error)} /> : null}
					{sharing.error ? <ErrorView failure={toFailure(sharing.error)} retry={() => void sharing.refetch()} /> : null}
					<ul className={styles.rows} aria-label="Shared with">
						{sharing.data ? (
							<li>
								<span className={styles.who}>{sharing.data.ownerName ?? "The installation"}</span>
								<span className={styles.hint}>Owner</span>
							</li>
						) : null}
						{rows.map((row) => (
							<li key={row.grantee}>
								<span className={styles.who}>
									{row.name}
									{row.kind === "everyone" ? null : (
										<small>
											{row.kind === "user" ? row.detail : [row.kind, row.detail].filter(Boolean).join(" · ")}
										</small>
									)}
								</span>
								<span style={{ display: "flex", gap: 4, flex: "none" }}>
									<NativeSelect
										size="sm"
										aria-label={`What ${row.name} may do`}
										data={row.kind === "everyone" || isReadOnly ? levels.slice(0, 1) : levels}
										value={row.level}
										onChange={(event) =>
											share.mutate({ ...resource, grantee: row.grantee, level: levelOf(event.currentTarget.value) })
										}
									/>
									<IconButton
										icon={IconX}
										label={`Stop sharing with ${row.name}`}
										disabled={unshare.isPending}
										onClick={() => unshare.mutate({ ...resource, grantee: row.grantee })}
									/>
								</span>
							</li>
						))}
					</ul>
					{sharing.data && rows.length === 0 ? (
						<p className={styles.hint}>Nobody else can open it yet. Add a person, a group or a role above.</p>
					) : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Done</Button>
					</div>
				</div>
			</Modal>
		</Theme>
	);
}

function Invite(props: {
	without: readonly string[];
	isBusy: boolean;
	isReadOnly: boolean;
	onShare: (grantee: FoundGrantee["grantee"], level: GrantLevel) => void;
}) {
	const [picked, setPicked] = useState<FoundGrantee | null>(null);
	const [level, setLevel] = useState<GrantLevel>("read");
	const isForAll = props.isReadOnly || picked?.kind === "everyone";
	return (
		<div className={styles.line}>
			<NamePicker label="Share with" isAll value={picked} onPick={setPicked} without={props.without} />
			<NativeSelect
				aria-label="What they may do"
				data={isForAll ? levels.slice(0, 1) : levels}
				value={isForAll ? "read" : level}
				onChange={(event) => setLevel(levelOf(event.currentTarget.value))}
			/>
			<Button
				look="primary"
				disabled={!picked}
				isBusy={props.isBusy}
				onClick={() => {
					if (picked) props.onShare(picked.grantee, isForAll ? "read" : level);
					setPicked(null);
				}}
			>
				Share
			</Button>
		</div>
	);
}
