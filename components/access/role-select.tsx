"use client";

import { NativeSelect } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import styles from "./access.module.css";
import { allRoles, inRank } from "./lists";

/** Gives a role to a person or a group: one of those that the giver holds themselves. */
export default function GiveRole({ holderId, without }: { holderId: string; without: readonly string[] }) {
	const api = useApi();
	const cache = useQueryClient();
	const roles = useQuery(api.access.listRoles.queryOptions(allRoles));
	const [key, setKey] = useState("");
	const give = useMutation(
		api.access.assignRole.mutationOptions({
			onSuccess: async () => {
				setKey("");
				await cache.invalidateQueries(api.access.pathFilter());
			},
		}),
	);
	const offered = inRank(roles.data?.rows ?? []).filter(
		(role) => role.mayGive && role.key !== "owner" && !without.includes(role.key),
	);
	const chosen = offered.find((role) => role.key === key);
	return (
		<Theme>
			<div className={styles.line}>
				<NativeSelect
					aria-label="Role to give"
					value={key}
					onChange={(event) => setKey(event.currentTarget.value)}
					data={[
						{ value: "", label: "Choose a role" },
						...offered.map(({ key: value, name }) => ({ value, label: name })),
					]}
				/>
				<Button
					disabled={!chosen}
					isBusy={give.isPending}
					onClick={() => chosen && give.mutate({ holderId, role: chosen.key })}
				>
					Give role
				</Button>
			</div>
			{give.error ? <ErrorView failure={toFailure(give.error)} /> : null}
		</Theme>
	);
}
