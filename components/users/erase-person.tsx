"use client";

import { IconEraser } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { confirm, say } from "@/components/ui/say";
import { PanelSection } from "@/components/ui/side-panel";
import type { User } from "@/server/users/contract";
import styles from "./users.module.css";

/** A person's wish that nothing names them any more. */
export function ErasePerson({ user, onErased }: { user: User; onErased: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const erase = useMutation(
		api.users.erase.mutationOptions({
			onSuccess: async () => {
				say(`${user.name} is erased; what they left is cleared away within minutes`);
				onErased();
				await cache.invalidateQueries(api.users.list.pathFilter());
			},
		}),
	);
	const ask = async () => {
		const isWanted = await confirm({
			title: `Erase ${user.name} for good?`,
			text: "Their account, conversations, sessions and private collections are deleted, and the audit no longer names them. What others use of theirs stays, without their name. This can't be taken back.",
			action: "Erase person",
		});
		if (isWanted) erase.mutate({ userId: user.id });
	};
	return (
		<PanelSection title="Personal data">
			<p className={styles.hint}>For when they ask for it, or have left and nothing has to be kept.</p>
			<div className={styles.change}>
				<Button look="danger" icon={IconEraser} isBusy={erase.isPending} onClick={() => void ask()}>
					Erase person
				</Button>
			</div>
			{erase.error ? <ErrorView failure={toFailure(erase.error)} /> : null}
		</PanelSection>
	);
}
