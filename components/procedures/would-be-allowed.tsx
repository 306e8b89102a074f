"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ExplanationView } from "@/components/access/explanation-view";
import { kindWords } from "@/components/access/kinds";
import { NamePicker } from "@/components/access/name-picker";
import { ResourceSelect } from "@/components/access/resource-select";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import { type FoundGrantee, rowRight } from "@/server/access/contract";
import { isPermission } from "@/server/core/permissions";
import styles from "./procedures.module.css";

/** "Would Ana's agent be allowed?": the same judgement that a call of theirs would get. */
export default function WouldBeAllowed({ permission }: { permission: string }) {
	const mayExplain = useMay("access:explain");
	const mayFind = useMay("users:read");
	const [who, setWho] = useState<FoundGrantee | null>(null);
	const [agentId, setAgentId] = useState<string | null>(null);
	const [onId, setOnId] = useState<string | null>(null);
	const what = isPermission(permission) ? permission : null;
	const right = what ? rowRight(what) : null;
	const api = useApi();
	const query = useQuery({
		...api.access.explain.queryOptions({
			who: { ...(who ? { userId: who.grantee } : {}), ...(agentId ? { agentId } : {}) },
			what: what ?? "account:read",
			...(right && onId ? { on: { kind: right.kind, resourceId: onId } } : {}),
		}),
		enabled: what !== null,
	});
	return (
		<Theme>
			<div className={styles.stack}>
				{mayExplain && mayFind ? (
					<NamePicker label="Whose call; left empty: yours" value={who} onPick={setWho} />
				) : (
					<p className={styles.hint}>About yourself: asking about others needs the right access:explain.</p>
				)}
				<ResourceSelect
					label="Through which agent"
					any="By themselves"
					kind="agent"
					value={agentId}
					onChange={setAgentId}
				/>
				{right ? (
					<ResourceSelect
						label={`On which ${kindWords[right.kind]}`}
						any="At all"
						kind={right.kind}
						value={onId}
						onChange={setOnId}
					/>
				) : null}
				{query.error ? <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} /> : null}
				{query.data ? <ExplanationView explanation={query.data} /> : null}
			</div>
		</Theme>
	);
}
