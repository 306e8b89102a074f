"use client";

import { IconX } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { IconButton } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Link } from "@/components/ui/link";
import { PanelSection } from "@/components/ui/side-panel";
import styles from "./access.module.css";
import { RightsList } from "./rights-list";

const GiveRole = dynamic(() => import("./role-select"), { ssr: false });

/** A person's groups, their extra roles, and what comes out of all together. */
export function PersonAccess({ userId }: { userId: string }) {
	const api = useApi();
	const cache = useQueryClient();
	const mayWrite = useMay("roles:write");
	const query = useQuery(api.access.getStanding.queryOptions({ userId }));
	const take = useMutation(
		api.access.unassignRole.mutationOptions({ onSuccess: () => cache.invalidateQueries(api.access.pathFilter()) }),
	);
	if (query.error) return <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />;
	const standing = query.data;
	if (!standing) return null;
	const extra = standing.roles.flatMap(({ how, role }) => (how === "extra" && role ? [role] : []));
	return (
		<>
			<PanelSection title="Groups">
				{standing.groups.length === 0 ? <p className={styles.hint}>In no group.</p> : null}
				<ul className={styles.rows}>
					{standing.groups.map((group) => (
						<li key={group.id}>
							<Link href={`/users/groups?open=${group.id}`}>{group.name}</Link>
						</li>
					))}
				</ul>
			</PanelSection>
			<PanelSection title="Extra roles">
				{extra.length === 0 ? <p className={styles.hint}>None beside the first one.</p> : null}
				<ul className={styles.rows}>
					{extra.map((role) => (
						<li key={role.key}>
							<Link href={`/users/roles/${role.key}`}>{role.name}</Link>
							{mayWrite ? (
								<IconButton
									icon={IconX}
									size="small"
									label={`Take the role ${role.name} away`}
									disabled={take.isPending}
									onClick={() => take.mutate({ holderId: userId, role: role.key })}
								/>
							) : null}
						</li>
					))}
				</ul>
				{take.error ? <ErrorView failure={toFailure(take.error)} /> : null}
				{mayWrite ? (
					<GiveRole
						holderId={userId}
						without={standing.roles.flatMap(({ how, role }) => (how !== "group" && role ? [role.key] : []))}
					/>
				) : null}
			</PanelSection>
			<PanelSection title={`Effective rights (${standing.rights.length})`}>
				<RightsList standing={standing} />
			</PanelSection>
		</>
	);
}
