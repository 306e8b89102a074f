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
import type { Session } from "@/server/sessions/contract";
import { SessionTable } from "./session-table";
import styles from "./sessions.module.css";

/** Where one is signed in; what is not one's own is signed out here. */
export function SessionList() {
	const api = useApi();
	const client = useClient();
	const cache = useQueryClient();
	const list = usePages({
		key: api.sessions.list.infiniteQueryKey({}),
		read: (cursor) => client.sessions.list.query({ cursor }),
	});
	const onSuccess = async ({ ended }: { ended: number }) => {
		await cache.invalidateQueries(api.sessions.list.pathFilter());
		say(ended === 0 ? "It was signed out already" : `${counted(ended, "session")} signed out`);
	};
	const end = useMutation(api.sessions.end.mutationOptions({ onSuccess }));
	const endOthers = useMutation(api.sessions.endOthers.mutationOptions({ onSuccess }));
	const others = list.rows.some((row) => !row.isCurrent);
	const endAll = async () => {
		const isWanted = await confirm({
			title: "Sign out everywhere else?",
			text: "Every other browser and program of yours is signed out within seconds, and what agents are doing for them stops.",
			action: "Sign out everywhere else",
		});
		if (isWanted) endOthers.mutate({});
	};
	const endOne = async (session: Session) => {
		const isWanted = await confirm({
			title: `Sign out ${session.program?.name ?? session.device ?? "this session"}?`,
			text: "It is signed out within seconds, and what agents are doing for it stops. If you don't know it, change your password too.",
			action: "Sign out",
		});
		if (isWanted) end.mutate({ sessionId: session.id });
	};
	const error = end.error ?? endOthers.error;
	return (
		<section className={styles.section} aria-labelledby="sessions">
			<div className={styles.head}>
				<h2 id="sessions">Where you are signed in</h2>
				{others ? (
					<Button icon={IconLogout2} look="danger" isBusy={endOthers.isPending} onClick={() => void endAll()}>
						Sign out everywhere else
					</Button>
				) : null}
			</div>
			<p className={styles.hint}>
				A session ends after 7 days without use, and after 30 days in any case. Keys are not listed here.
			</p>
			{error ? <ErrorView failure={toFailure(error)} /> : null}
			<SessionTable list={list} onEnd={(session) => void endOne(session)} isBusy={end.isPending} />
		</section>
	);
}
