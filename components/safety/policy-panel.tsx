"use client";

import { IconHistory, IconPencil, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ButtonLink } from "@/components/ui/button-link";
import { CopyId } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import { confirm, say } from "@/components/ui/say";
import { Fact, Facts, PanelSection, SidePanel } from "@/components/ui/side-panel";
import { Exactly, When } from "@/components/ui/time";
import { kindWord, type Policy } from "@/server/safety/contract";
import styles from "./safety.module.css";
import { TryBox } from "./try-box";
import { detectorWords, modesInWords } from "./words";

/** One policy: what it does, its versions, and a box to try a text against it. */
export function PolicyPanel(props: { policy: Policy; onEdit: () => void; onClose: () => void }) {
	const { policy } = props;
	const { settings } = policy;
	const api = useApi();
	const cache = useQueryClient();
	const mayManage = useMay("safety:manage");
	const remove = useMutation(
		api.safety.remove.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.safety.pathFilter());
				say("The policy is removed");
				props.onClose();
			},
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	const ask = async () => {
		const isWanted = await confirm({
			title: "Remove this policy?",
			text: "It looks nowhere any more, and its versions and findings go with it. To keep them, turn it off everywhere instead.",
			action: "Remove the policy",
		});
		if (isWanted) remove.mutate({ policyId: policy.id });
	};
	return (
		<SidePanel title={policy.name} label="Policy" onClose={props.onClose}>
			<div className={styles.buttons}>
				{mayManage ? (
					<>
						<Button icon={IconPencil} onClick={props.onEdit}>
							Change
						</Button>
						<Button look="danger" icon={IconTrash} isBusy={remove.isPending} onClick={() => void ask()}>
							Remove
						</Button>
					</>
				) : null}
				<ButtonLink href={`/safety/findings?policy=${policy.id}`}>Its findings</ButtonLink>
			</div>
			<Facts>
				<Fact name="Looks for">{detectorWords[policy.detector]}</Fact>
				<Fact name="Where, and what then">{modesInWords(policy.modes)}</Fact>
				{policy.detector === "personal" ? (
					<>
						<Fact name="Kinds">
							{settings.kinds.length > 0 ? settings.kinds.map(kindWord).join(", ") : "Every kind"}
						</Fact>
						<Fact name="How sure">
							{settings.strength === "sure" ? "Something has to speak for it" : "What looks like it is enough"}
						</Fact>
					</>
				) : null}
				{policy.detector === "moderation" ? (
					<Fact name="Words">{settings.words.length > 0 ? String(settings.words.length) : null}</Fact>
				) : null}
				{policy.detector === "pattern" ? (
					<Fact name="Expressions">{settings.patterns.map(({ name }) => name).join(", ")}</Fact>
				) : null}
				<Fact name="Judged by">{settings.model}</Fact>
				<Fact name="Agents">{policy.agentIds ? `${policy.agentIds.length} named ones` : "Every agent"}</Fact>
				<Fact name="Keeps the words found">{policy.keepsWords ? "Yes" : "No"}</Fact>
				<Fact name="Version">{policy.version}</Fact>
				<Fact name="Changed">
					<Exactly at={policy.updatedAt} />
				</Fact>
				<Fact name="Id">
					<CopyId value={policy.id} label="policy id" length={36} />
				</Fact>
			</Facts>
			<PanelSection title="Try a text">
				<TryBox detector={policy.detector} settings={settings} />
			</PanelSection>
			<PanelSection title="Versions">
				<Versions policy={policy} mayManage={mayManage} />
			</PanelSection>
		</SidePanel>
	);
}

function Versions({ policy, mayManage }: { policy: Policy; mayManage: boolean }) {
	const api = useApi();
	const cache = useQueryClient();
	const versions = useQuery(api.safety.versions.queryOptions({ policyId: policy.id }));
	const restore = useMutation(
		api.safety.restore.mutationOptions({
			onSuccess: async ({ version }) => {
				await cache.invalidateQueries(api.safety.pathFilter());
				say(`It holds again, as version ${version}`);
			},
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	if (versions.error) return <ErrorView failure={toFailure(versions.error)} retry={() => void versions.refetch()} />;
	return (
		<ol className={styles.list} aria-label="Versions">
			{(versions.data?.versions ?? []).map((one) => (
				<li key={one.version} className={styles.version}>
					<span>
						<b>Version {one.version}</b> {one.message || modesInWords(one.modes)} · {one.createdByName ?? "somebody"},{" "}
						<When at={one.createdAt} />
					</span>
					{mayManage && one.version !== policy.version ? (
						<Button
							size="small"
							look="quiet"
							icon={IconHistory}
							isBusy={restore.isPending}
							aria-label={`Let version ${one.version} hold again`}
							onClick={() => restore.mutate({ policyId: policy.id, version: one.version })}
						>
							Restore
						</Button>
					) : null}
				</li>
			))}
		</ol>
	);
}
