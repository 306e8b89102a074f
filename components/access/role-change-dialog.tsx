"use client";

import { Modal } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import type { RoleChange, UpdateRole } from "@/server/access/contract";
import styles from "./access.module.css";

/** Who gains and loses what, before it is saved. */
export default function RoleChangeDialog({ change, onClose }: { change: UpdateRole; onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const { role, permissions } = change;
	const difference = useQuery({ ...api.access.compareRole.queryOptions({ role, permissions }), staleTime: 0 });
	const save = useMutation(
		api.access.updateRole.mutationOptions({
			onSuccess: async (saved) => {
				await cache.invalidateQueries(api.access.pathFilter());
				say(`${saved.name} is saved`);
				onClose();
			},
		}),
	);
	const found = difference.data;
	return (
		<Theme>
			<Modal opened onClose={onClose} title="What changes" size={620}>
				<div className={styles.stack}>
					{difference.error ? (
						<ErrorView failure={toFailure(difference.error)} retry={() => void difference.refetch()} />
					) : null}
					{found ? <Difference change={found} /> : null}
					{save.error ? <ErrorView failure={toFailure(save.error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button
							look="primary"
							disabled={!found || found.refused.length > 0}
							isBusy={save.isPending}
							onClick={() => save.mutate(change)}
						>
							Save role
						</Button>
					</div>
				</div>
			</Modal>
		</Theme>
	);
}

function Difference({ change }: { change: RoleChange }) {
	const { added, removed, refused, holderCount, gainCount, loseCount, people } = change;
	const changed = people.length;
	return (
		<>
			{added.length + removed.length === 0 ? <p>No right changes.</p> : null}
			{added.length > 0 ? (
				<p className={styles.gains}>
					+ <code>{added.join(", ")}</code>
				</p>
			) : null}
			{removed.length > 0 ? (
				<p className={styles.loses}>
					− <code>{removed.join(", ")}</code>
				</p>
			) : null}
			{refused.length > 0 ? (
				<p role="alert">
					You don't hold <code>{refused.join(", ")}</code> yourself, so you can't save this.
				</p>
			) : null}
			<p>
				{counted(holderCount, "person holds it", "people hold it")}: {counted(gainCount, "gains", "gain")} something,{" "}
				{counted(loseCount, "loses", "lose")} something. What somebody holds in another way too is left out.
			</p>
			<ul className={styles.rows} style={{ maxHeight: 300, overflowY: "auto" }}>
				{people.map((person) => (
					<li key={person.id}>
						<span className={styles.who}>
							{person.name}
							{person.isDisabled ? " (disabled)" : ""}
							{person.gains.length > 0 ? <small className={styles.gains}>+ {person.gains.join(", ")}</small> : null}
							{person.loses.length > 0 ? <small className={styles.loses}>− {person.loses.join(", ")}</small> : null}
						</span>
					</li>
				))}
			</ul>
			{changed === 100 ? <p className={styles.hint}>The first 100 are shown.</p> : null}
		</>
	);
}
