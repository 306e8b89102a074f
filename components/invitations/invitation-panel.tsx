"use client";

import { IconMail, IconSend, IconX } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ButtonLink } from "@/components/ui/button-link";
import { ErrorView } from "@/components/ui/error-view";
import { figure } from "@/components/ui/figures";
import { confirm, say } from "@/components/ui/say";
import { Fact, Facts, PanelSection, SidePanel } from "@/components/ui/side-panel";
import { Exactly } from "@/components/ui/time";
import type { Invitation } from "@/server/invitations/contract";
import { InvitationState } from "./invitation-state";
import styles from "./invitations.module.css";

export function InvitationPanel({ invitation, onClose }: { invitation: Invitation; onClose: () => void }) {
	const mayWrite = useMay("users:write");
	const mayReadMail = useMay("mail:read");
	const isOpen = invitation.state === "open" || invitation.state === "expired";
	return (
		<SidePanel title={invitation.email} label="Invitation" onClose={onClose}>
			<Facts>
				<Fact name="State">
					<InvitationState state={invitation.state} />
				</Fact>
				<Fact name="Role">{invitation.roles.map(({ name }) => name).join(", ")}</Fact>
				<Fact name="Groups">{invitation.groups.map(({ name }) => name).join(", ")}</Fact>
				<Fact name="By">{invitation.invitedBy}</Fact>
				<Fact name="Invited">
					<Exactly at={invitation.createdAt} />
				</Fact>
				<Fact name="Sent">
					<Exactly at={invitation.sentAt} />
				</Fact>
				<Fact name="Times sent">{figure(invitation.timesSent)}</Fact>
				<Fact name="Works until">{isOpen ? <Exactly at={invitation.expiresAt} /> : null}</Fact>
				<Fact name="Accepted">{invitation.acceptedAt ? <Exactly at={invitation.acceptedAt} /> : null}</Fact>
			</Facts>
			{invitation.hadAccount ? (
				<p className={styles.hint}>
					There was an account with this address already. Its person was told so by mail and got no link.
				</p>
			) : null}
			{mayWrite && isOpen ? <Change invitation={invitation} /> : null}
			{mayReadMail ? (
				<div>
					<ButtonLink href={`/system/outbox?to=${encodeURIComponent(invitation.email)}`} icon={IconMail} size="small">
						See its mails
					</ButtonLink>
				</div>
			) : null}
		</SidePanel>
	);
}

function Change({ invitation }: { invitation: Invitation }) {
	const api = useApi();
	const cache = useQueryClient();
	const onSuccess = () => cache.invalidateQueries(api.invitations.pathFilter());
	const resend = useMutation(api.invitations.resend.mutationOptions({ onSuccess }));
	const revoke = useMutation(api.invitations.revoke.mutationOptions({ onSuccess }));
	const { id: invitationId, email } = invitation;
	const takeBack = async () => {
		const isWanted = await confirm({
			title: `Take back the invitation of ${email}?`,
			text: "Its link ends at once. You can invite them again.",
			action: "Take back",
		});
		if (isWanted) revoke.mutate({ invitationId });
	};
	const error = resend.error ?? revoke.error;
	return (
		<PanelSection title="Change">
			<div className={styles.change}>
				<Button
					icon={IconSend}
					isBusy={resend.isPending}
					onClick={() =>
						resend.mutate({ invitationId }, { onSuccess: () => say(`A new link for ${email} is on its way`) })
					}
				>
					Send again
				</Button>
				<Button look="danger" icon={IconX} isBusy={revoke.isPending} onClick={() => void takeBack()}>
					Take back
				</Button>
			</div>
			{error ? <ErrorView failure={toFailure(error)} /> : null}
		</PanelSection>
	);
}
