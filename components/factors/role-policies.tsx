"use client";

import { IconShieldCheck, IconShieldOff } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { AccessTabs } from "@/components/access/access-tabs";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { confirm, say } from "@/components/ui/say";
import type { RolePolicy } from "@/server/factors/contract";
import styles from "./factors.module.css";

const people = (n: number) => (n === 1 ? "1 person" : `${n} people`);

function tellHolders({ people: all, without }: RolePolicy): string {
	if (all === 0) return "Nobody holds it";
	if (without === 0) return `${people(all)}, all with a second factor`;
	return `${people(all)}, ${without} without a second factor`;
}

/** Which roles ask for a second factor, and how many of their people would have to add one. */
export function RolePolicies() {
	const api = useApi();
	const cache = useQueryClient();
	const mayWrite = useMay("roles:write");
	const policies = useQuery(api.factors.policies.queryOptions({}));
	const set = useMutation(
		api.factors.setPolicy.mutationOptions({
			onSuccess: (answer) => cache.setQueryData(api.factors.policies.queryKey({}), answer),
		}),
	);
	const change = async (row: RolePolicy) => {
		const isRequired = !row.isRequired;
		const isWanted = await confirm({
			title: isRequired ? `Ask ${row.name} for a second factor?` : `No longer ask ${row.name}?`,
			text: isRequired
				? `From now on ${people(row.without)} with this role can do nothing here before they add a passkey or an app for codes.`
				: "Who has a second factor is still asked for it at sign-in.",
			action: isRequired ? "Ask for it" : "No longer ask",
			tone: "plain",
		});
		if (!isWanted) return;
		const word = isRequired ? "now asks" : "no longer asks";
		set.mutate({ role: row.role, isRequired }, { onSuccess: () => say(`${row.name} ${word} for a second factor`) });
	};
	return (
		<ReadPage>
			<PageHeader title="People & roles">
				Who holds a role that asks for one signs in with a passkey, or with a code after the password.
			</PageHeader>
			<AccessTabs />
			{policies.error ? (
				<ErrorView failure={toFailure(policies.error)} retry={() => void policies.refetch()} />
			) : (
				<ul className={styles.list} aria-label="Roles">
					{(policies.data?.rows ?? []).map((row) => (
						<li key={row.role}>
							<div className={styles.what}>
								<strong>{row.name}</strong>
								<small>{tellHolders(row)}</small>
							</div>
							<Badge
								tone={row.isRequired ? "accent" : "neutral"}
								icon={row.isRequired ? IconShieldCheck : IconShieldOff}
							>
								{row.isRequired ? "Asked for" : "Not asked for"}
							</Badge>
							{mayWrite ? (
								<span className={styles.acts}>
									<Button
										size="small"
										aria-label={`${row.isRequired ? "No longer ask" : "Ask"} ${row.name} for a second factor`}
										isBusy={set.isPending && set.variables.role === row.role}
										onClick={() => void change(row)}
									>
										{row.isRequired ? "No longer ask" : "Ask for it"}
									</Button>
								</span>
							) : null}
						</li>
					))}
				</ul>
			)}
			{set.error ? <ErrorView failure={toFailure(set.error)} /> : null}
		</ReadPage>
	);
}
