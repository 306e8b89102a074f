"use client";

import { IconMoon } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { type ReactNode, useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import type { usePages } from "@/components/trpc/pages";
import { Button } from "@/components/ui/button";
import { type Column, DataTable } from "@/components/ui/data-table";
import { ErrorView } from "@/components/ui/error-view";
import { confirm, say } from "@/components/ui/say";
import { When } from "@/components/ui/time";
import type { ApiKey, NewKey } from "@/server/keys/contract";
import { KeyState } from "./key-state";
import styles from "./keys.module.css";

const KeyFacts = dynamic(() => import("./key-facts"), { ssr: false });

/** Keys with what one does to them: renew one's own, revoke. */
export function KeyTable(props: {
	label: string;
	list: ReturnType<typeof usePages<ApiKey>>;
	isManaged?: boolean;
	onRotated?: (made: NewKey) => void;
	empty: ReactNode;
}) {
	const [openId, setOpenId] = useState<string | null>(null);
	const open = props.list.rows.find(({ id }) => id === openId);
	const change = useKeyChanges(props.isManaged ?? false, props.onRotated);
	const columns: Column<ApiKey>[] = [
		{
			key: "name",
			title: "Name",
			cell: (row) => (
				<button type="button" className={styles.name} onClick={() => setOpenId(row.id)}>
					{row.name}
				</button>
			),
		},
		...(props.isManaged
			? [{ key: "owner", title: "Owner", width: 130, from: "narrow" as const, cell: (row: ApiKey) => row.owner.name }]
			: []),
		{
			key: "key",
			title: "Key",
			width: 210,
			from: "middle",
			cell: (row) => <code>{`${row.prefix}…${row.lastFour}`}</code>,
		},
		{ key: "state", title: "State", width: 110, from: "narrow", cell: (row) => <KeyState apiKey={row} /> },
		{ key: "scopes", title: "May do", width: 90, from: "wide", cell: (row) => <Scopes apiKey={row} /> },
		{
			key: "used",
			title: "Last use",
			width: 100,
			from: "narrow",
			cell: (row) =>
				row.lastUsedAt ? (
					<span title={row.lastUsedAddress ?? undefined}>
						<When at={row.lastUsedAt} />
					</span>
				) : (
					"Never"
				),
		},
		{
			key: "ends",
			title: "Ends",
			width: 100,
			from: "wide",
			cell: (row) => (row.expiresAt ? <When at={row.expiresAt} /> : "Never"),
		},
		{
			key: "act",
			title: "Actions",
			isUntitled: true,
			width: props.isManaged ? 84 : 148,
			align: "end",
			cell: (row) =>
				row.state === "live" ? (
					<span className={styles.acts}>
						{props.onRotated ? (
							<Button
								size="small"
								disabled={change.isBusy}
								aria-label={`Renew ${row.name}`}
								onClick={() => void change.rotate(row)}
							>
								Renew
							</Button>
						) : null}
						<Button
							size="small"
							disabled={change.isBusy}
							aria-label={`Revoke ${row.name}`}
							onClick={() => void change.revoke(row)}
						>
							Revoke
						</Button>
					</span>
				) : null,
		},
	];
	return (
		<>
			{change.error ? <ErrorView failure={toFailure(change.error)} /> : null}
			<DataTable
				label={props.label}
				list={{ ...props.list, failure: props.list.error ? toFailure(props.list.error) : null }}
				columns={columns}
				rowId={(row) => row.id}
				narrow={(row) => `${props.isManaged ? `${row.owner.name}, ` : ""}…${row.lastFour}, ${row.state}`}
				empty={props.empty}
			/>
			{open ? <KeyFacts apiKey={open} onClose={() => setOpenId(null)} /> : null}
		</>
	);
}

function useKeyChanges(isManaged: boolean, onRotated: ((made: NewKey) => void) | undefined) {
	const api = useApi();
	const cache = useQueryClient();
	const refresh = () => cache.invalidateQueries(api.keys.pathFilter());
	const onRevoked = async (key: ApiKey) => {
		await refresh();
		say(`${key.name} works no longer`);
	};
	const revokeOwn = useMutation(api.keys.revoke.mutationOptions({ onSuccess: onRevoked }));
	const revokeAny = useMutation(api.keys.revokeAny.mutationOptions({ onSuccess: onRevoked }));
	const rotateOwn = useMutation(
		api.keys.rotate.mutationOptions({
			onSuccess: async (made) => {
				await refresh();
				onRotated?.(made);
			},
		}),
	);
	return {
		isBusy: revokeOwn.isPending || revokeAny.isPending || rotateOwn.isPending,
		error: revokeOwn.error ?? revokeAny.error ?? rotateOwn.error,
		revoke: async (key: ApiKey) => {
			const isWanted = await confirm({
				title: `Revoke ${key.name}?`,
				text: "It works no longer within seconds, and runs and jobs that it started stop. This can't be taken back.",
				action: "Revoke",
			});
			if (isWanted) (isManaged ? revokeAny : revokeOwn).mutate({ keyId: key.id });
		},
		rotate: async (key: ApiKey) => {
			const isWanted = await confirm({
				title: `Give ${key.name} a new secret?`,
				text: "You see the new one once. The old one works on for 24 hours, so that you can put the new one in its place.",
				action: "Renew",
				tone: "plain",
			});
			if (isWanted) rotateOwn.mutate({ keyId: key.id, keepOldHours: 24 });
		},
	};
}

function Scopes({ apiKey: { scopes, dormant } }: { apiKey: ApiKey }) {
	const text = `${scopes.length} ${scopes.length === 1 ? "right" : "rights"}`;
	if (dormant.length === 0) return <span title={scopes.join(", ")}>{text}</span>;
	return (
		<span title={`Without effect, as the owner does not hold them: ${dormant.join(", ")}`} className={styles.dormant}>
			<IconMoon size={14} stroke={1.5} aria-hidden="true" />
			{text}
		</span>
	);
}
