"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { CopyId } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import { duration } from "@/components/ui/figures";
import { confirm, say } from "@/components/ui/say";
import { Fact, Facts, PanelSection, SidePanel } from "@/components/ui/side-panel";
import { Exactly } from "@/components/ui/time";
import type { Route } from "@/server/models/contract";
import { conditionWords } from "./conditions";
import { Health } from "./health";
import styles from "./models.module.css";

const RouteForm = dynamic(() => import("./route-form"), { ssr: false });
const noInput = {};

export function RoutePanel({ routeId, onClose }: { routeId: string; onClose: () => void }) {
	const api = useApi();
	const query = useQuery(api.models.getRoute.queryOptions({ routeId }));
	if (!query.data)
		return (
			<SidePanel title="Route" label="Route" onClose={onClose}>
				{query.error ? <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} /> : null}
			</SidePanel>
		);
	return <Opened route={query.data} onClose={onClose} />;
}

function Opened({ route, onClose }: { route: Route; onClose: () => void }) {
	const api = useApi();
	const mayManage = useMay("models:manage");
	const currency = useQuery(api.models.fixed.queryOptions(noInput)).data?.currency ?? null;
	return (
		<SidePanel title={route.name} label="Route" onClose={onClose}>
			<Facts>
				<Fact name="What it is for">{route.description}</Fact>
				<Fact name="Default">{route.isDefault ? "Answers where an agent names no route" : "No"}</Fact>
				<Fact name="Whole answer">Within {duration(route.totalMs)}, whichever model gives it</Fact>
				<Fact name="Data regions">{route.regions.length > 0 ? route.regions.join(", ") : "Any"}</Fact>
				<Fact name="Since">
					<Exactly at={route.createdAt} />
				</Fact>
				<Fact name="Route id">
					<CopyId value={route.id} label="route id" length={36} />
				</Fact>
			</Facts>
			{mayManage ? <Acts route={route} onClose={onClose} /> : null}
			<PanelSection title={`Models (${route.steps.length})`}>
				{route.steps.length === 0 ? (
					<p className={styles.hint}>None yet: whoever asks this route is answered as if all were away.</p>
				) : (
					<ol className={styles.steps}>
						{route.steps.map((step) => (
							<li key={step.modelId} className={styles.step}>
								<div className={styles.stepHead}>
									<code>{step.model}</code>
									<span className={styles.hint}>of {step.connection}</span>
									{step.isEnabled ? null : <Badge>Off</Badge>}
								</div>
								<p className={styles.hint}>Asked {conditionWords(step.conditions, currency)}.</p>
								<Health modelKey={step.modelId} name={step.model} />
							</li>
						))}
					</ol>
				)}
			</PanelSection>
		</SidePanel>
	);
}

function Acts({ route, onClose }: { route: Route; onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const [isChanging, setChanging] = useState(false);
	const refreshAll = async () => {
		await Promise.all([
			cache.invalidateQueries(api.models.pathFilter()),
			cache.invalidateQueries(api.agents.models.pathFilter()),
		]);
	};
	const change = useMutation(api.models.changeRoute.mutationOptions({ onSuccess: refreshAll }));
	const remove = useMutation(
		api.models.removeRoute.mutationOptions({
			onSuccess: async () => {
				onClose();
				await refreshAll();
				say(`${route.name} is removed`);
			},
		}),
	);
	const ask = async () => {
		const isWanted = await confirm({
			title: `Remove ${route.name}?`,
			text: "Its models stay. A route that an agent asks can't be removed.",
			action: "Remove",
		});
		if (isWanted) remove.mutate({ routeId: route.id });
	};
	const error = change.error ?? remove.error;
	return (
		<>
			<div className={styles.acts}>
				<Button size="small" onClick={() => setChanging(true)}>
					Change
				</Button>
				<Button
					size="small"
					isBusy={change.isPending}
					onClick={() => change.mutate({ routeId: route.id, isDefault: !route.isDefault, basedOn: route.revision })}
				>
					{route.isDefault ? "No longer the default" : "Make it the default"}
				</Button>
				<Button size="small" look="danger" isBusy={remove.isPending} onClick={() => void ask()}>
					Remove
				</Button>
			</div>
			{error ? <ErrorView failure={toFailure(error)} /> : null}
			{isChanging ? (
				<RouteForm route={route} onClose={() => setChanging(false)} onSaved={() => setChanging(false)} />
			) : null}
		</>
	);
}
