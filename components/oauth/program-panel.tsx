"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { CopyId } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { confirm, say } from "@/components/ui/say";
import { Fact, Facts, SidePanel } from "@/components/ui/side-panel";
import { Exactly } from "@/components/ui/time";
import type { Program } from "@/server/oauth/contract";
import styles from "./oauth.module.css";
import { ProgramState } from "./program-state";

export function ProgramPanel({ program, onClose }: { program: Program; onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const revoke = useMutation(
		api.oauth.revokeProgram.mutationOptions({
			onSuccess: async ({ name }) => {
				await cache.invalidateQueries(api.oauth.listPrograms.pathFilter());
				say(`${name} is out`);
			},
		}),
	);
	const ask = async () => {
		const isWanted = await confirm({
			title: `Revoke ${program.name}?`,
			text: "It may ask nobody any more, everybody who let it in is signed out of it within seconds, and what it started stops. This can't be taken back.",
			action: "Revoke",
		});
		if (isWanted) revoke.mutate({ programId: program.id });
	};
	return (
		<SidePanel
			title={program.name}
			label="Program"
			onClose={onClose}
			actions={
				program.state === "live" ? (
					<Button look="danger" size="small" isBusy={revoke.isPending} onClick={() => void ask()}>
						Revoke
					</Button>
				) : undefined
			}
		>
			{revoke.error ? <ErrorView failure={toFailure(revoke.error)} /> : null}
			<Facts>
				<Fact name="State">
					<ProgramState program={program} />
				</Fact>
				<Fact name="Client id">
					<CopyId value={program.id} label="client id" length={36} />
				</Fact>
				<Fact name="Secret">
					{program.hasSecret ? "It has one, shown when it was registered" : "None: it proves itself by PKCE"}
				</Fact>
				<Fact name="Answers to">
					<span className={styles.addresses}>
						{program.redirectUris.map((address) => (
							<code key={address}>{address}</code>
						))}
					</span>
				</Fact>
				<Fact name="Registered">
					<Exactly at={program.createdAt} /> by {program.createdBy?.name ?? "itself"}
				</Fact>
				<Fact name="Let in">{counted(program.sessions, "time")} at this moment</Fact>
				<Fact name="Last let in">{program.lastUsedAt ? <Exactly at={program.lastUsedAt} /> : "Never"}</Fact>
				<Fact name="Revoked">{program.revokedAt ? <Exactly at={program.revokedAt} /> : null}</Fact>
			</Facts>
		</SidePanel>
	);
}
