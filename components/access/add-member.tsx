"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import type { FoundGrantee } from "@/server/access/contract";
import styles from "./access.module.css";
import { NamePicker } from "./name-picker";

/** Puts one person into a group. */
export default function AddMember({ groupId, without }: { groupId: string; without: readonly string[] }) {
	const api = useApi();
	const cache = useQueryClient();
	const [picked, setPicked] = useState<FoundGrantee | null>(null);
	const add = useMutation(
		api.access.addMembers.mutationOptions({
			onSuccess: async () => {
				setPicked(null);
				await cache.invalidateQueries(api.access.pathFilter());
			},
		}),
	);
	return (
		<Theme>
			<div className={styles.line}>
				<NamePicker label="Put somebody in" value={picked} onPick={setPicked} without={without} />
				<Button
					disabled={!picked}
					isBusy={add.isPending}
					onClick={() => picked && add.mutate({ groupId, userIds: [picked.grantee] })}
				>
					Add
				</Button>
			</div>
			{add.error ? <ErrorView failure={toFailure(add.error)} /> : null}
		</Theme>
	);
}
