"use client";

import { IconLogout2 } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { confirm, say } from "@/components/ui/say";
import { PanelSection } from "@/components/ui/side-panel";
import { SessionTable } from "./session-table";
import styles from "./sessions.module.css";

/** Where somebody is signed in, for who may end that. */
export function PersonSessions({ userId, name }: { userId: string; name: string }) {
	const api = useApi();
	const client = useClient();
	const cache = useQueryClient();
	const list = usePages({
		key: api.sessions.listOf.infiniteQueryKey({ userId }),
		read: (cursor) => client.sessions.listOf.query({ userId, cursor }),
	});
	const onSuccess = async ({ ended }: { ended: number }) => {
		await cache.invalidateQueries(api.sessions.pathFilter());
		say(ended === 0 ? "It was signed out already" : `${counted(ended, "session")} of ${name} signed out`);
	};
	const endOne = useMutation(api.sessions.endOf.mutationOptions({ onSuccess }));
	const endAll = useMutation(api.sessions.endAllOf.mutationOptions({ onSuccess }));
	const everywhere = async () => {
		const isWanted = await confirm({
			title: `Sign ${name} out everywhere?`,
			text: "Every browser and program of theirs is signed out within seconds, and what agents are doing for them stops. They can sign in again; their keys go on working.",
			action: "Sign out everywhere",
		});
		if (isWanted) endAll.mutate({ userId });
	};
	const error = endOne.error ?? endAll.error;
	return (
		<PanelSection title="Where they are signed in">
			<div className={styles.section}>
				{list.rows.length > 0 ? (
					<div>
						<Button icon={IconLogout2} look="danger" isBusy={endAll.isPending} onClick={() => void everywhere()}>
							Sign out everywhere
						</Button>
					</div>
				) : null}
				{error ? <ErrorView failure={toFailure(error)} /> : null}
				<SessionTable
					list={list}
					isBusy={endOne.isPending}
					onEnd={({ id: sessionId }) => endOne.mutate({ userId, sessionId })}
				/>
			</div>
		</PanelSection>
	);
}
