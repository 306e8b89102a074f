"use client";

import { TextInput } from "@mantine/core";
import { IconEye } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { CopyId } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import { Fact, Facts, PanelSection, SidePanel } from "@/components/ui/side-panel";
import { Theme } from "@/components/ui/theme";
import { Exactly } from "@/components/ui/time";
import { foundInWords, type Verdict } from "@/server/safety/contract";
import styles from "./safety.module.css";
import { actionWords, placeWords } from "./words";

/** One finding; and, for those who may, what was covered in its run. */
export function VerdictPanel({ verdict, onClose }: { verdict: Verdict; onClose: () => void }) {
	const mayReveal = useMay("safety:reveal");
	return (
		<SidePanel title={verdict.policy} label="Finding" onClose={onClose}>
			<Facts>
				<Fact name="What came of it">{actionWords[verdict.action]}</Fact>
				<Fact name="Where">{placeWords[verdict.place]}</Fact>
				<Fact name="Found">{foundInWords(verdict.found)}</Fact>
				<Fact name="Of">{verdict.about}</Fact>
				<Fact name="Words">{verdict.words}</Fact>
				<Fact name="Agent">{verdict.agentName}</Fact>
				<Fact name="Asked by">{verdict.userName}</Fact>
				<Fact name="When">
					<Exactly at={verdict.createdAt} />
				</Fact>
				<Fact name="Version of the policy">{verdict.policyVersion}</Fact>
				<Fact name="Run">
					{verdict.runId ? (
						<CopyId value={verdict.runId} label="run id" length={36} />
					) : (
						"None: the question was refused"
					)}
				</Fact>
			</Facts>
			{mayReveal && verdict.runId && verdict.action === "redacted" ? (
				<PanelSection title="What was covered">
					<Reveal runId={verdict.runId} />
				</PanelSection>
			) : null}
		</SidePanel>
	);
}

function Reveal({ runId }: { runId: string }) {
	const api = useApi();
	const [reason, setReason] = useState("");
	const reveal = useMutation(api.safety.reveal.mutationOptions());
	return (
		<Theme>
			<form
				className={styles.stack}
				onSubmit={(event) => {
					event.preventDefault();
					reveal.mutate({ runId, reason });
				}}
			>
				<TextInput
					label="Why you look"
					description="It is written into the audit with your name."
					maxLength={300}
					value={reason}
					onChange={(event) => setReason(event.currentTarget.value)}
				/>
				<div className={styles.buttons}>
					<Button type="submit" icon={IconEye} isBusy={reveal.isPending} disabled={reason.trim() === ""}>
						Show it
					</Button>
				</div>
				{reveal.error ? <ErrorView failure={toFailure(reveal.error)} /> : null}
				{reveal.data ? (
					<ul className={styles.list} aria-label="What was covered">
						{reveal.data.originals.map(({ mark, original }) => (
							<li key={mark}>
								{mark}: <b>{original}</b>
							</li>
						))}
					</ul>
				) : null}
			</form>
		</Theme>
	);
}
