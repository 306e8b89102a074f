"use client";

import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import { useUrl } from "@/components/ui/use-url";
import { type FoundGrantee, rowRight } from "@/server/access/contract";
import { isPermission, permissionDescriptions, permissions } from "@/server/core/permissions";
import styles from "./access.module.css";
import { ExplanationView } from "./explanation-view";
import { KeySelect } from "./key-select";
import { kindWords } from "./kinds";
import { NamePicker } from "./name-picker";
import { PreviewView } from "./preview-view";
import { ResourceSelect } from "./resource-select";

/** The two questions, about one person. The address holds whom and what, so that it can be sent to somebody. */
export default function Asking() {
	const api = useApi();
	const url = useUrl();
	const userId = url.get("who");
	const [picked, setPicked] = useState<FoundGrantee | null>(null);
	const mayRead = useMay("users:read");
	// The address may name somebody whom nobody picked here.
	const linked = useQuery({
		...api.users.get.queryOptions({ userId: userId ?? "" }),
		enabled: mayRead && userId !== null && picked?.grantee !== userId,
	});
	const named: FoundGrantee | null =
		userId !== null && linked.data
			? { grantee: linked.data.id, kind: "user", name: linked.data.name, detail: linked.data.email }
			: null;
	const value = picked?.grantee === userId ? picked : named;
	const pick = (person: FoundGrantee | null) => {
		setPicked(person);
		url.set({ who: person?.grantee ?? null, preview: null, key: null });
	};
	return (
		<Theme>
			<div style={{ maxWidth: 420 }}>
				<NamePicker label="About whom" value={value} onPick={pick} />
			</div>
			{userId ? (
				<div className={styles.columns}>
					<Why key={userId} userId={userId} />
					<section aria-labelledby="preview">
						<h2 id="preview">What they see</h2>
						{url.get("preview") ? (
							<PreviewView userId={userId} />
						) : (
							<>
								<p className={styles.hint}>
									Their pages, rights and shared things, to look at only. That you looked is written into the audit.
								</p>
								<div>
									<Button onClick={() => url.set({ preview: "1" })}>Preview as this person</Button>
								</div>
							</>
						)}
					</section>
				</div>
			) : (
				<p className={styles.hint}>Choose a person: then ask why they may do a thing, or look at what they see.</p>
			)}
		</Theme>
	);
}

function Why({ userId }: { userId: string }) {
	const api = useApi();
	const url = useUrl();
	const asked = url.get("what") ?? "";
	const what = isPermission(asked) ? asked : "knowledge:read";
	const onId = url.get("on");
	const agentId = url.get("agent");
	const keyId = url.get("key");
	const right = rowRight(what);
	const query = useQuery(
		api.access.explain.queryOptions({
			who: { userId, ...(keyId ? { keyId } : {}), ...(agentId ? { agentId } : {}) },
			what,
			...(right && onId ? { on: { kind: right.kind, resourceId: onId } } : {}),
		}),
	);
	return (
		<section aria-labelledby="why">
			<h2 id="why">Why may they?</h2>
			<NativeSelect
				label="Do what"
				description={permissionDescriptions[what]}
				value={what}
				onChange={(event) => url.set({ what: event.currentTarget.value, on: null })}
				data={permissions.map((one) => ({ value: one, label: one }))}
			/>
			{right ? (
				<ResourceSelect
					label={`On which ${kindWords[right.kind]}`}
					any="At all"
					kind={right.kind}
					value={onId}
					onChange={(on) => url.set({ on })}
				/>
			) : null}
			<KeySelect userId={userId} value={keyId} onChange={(key) => url.set({ key })} />
			<ResourceSelect
				label="Through which agent"
				any="By themselves"
				kind="agent"
				value={agentId}
				onChange={(agent) => url.set({ agent })}
			/>
			{query.error ? <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} /> : null}
			{query.data ? <ExplanationView explanation={query.data} /> : null}
		</section>
	);
}
