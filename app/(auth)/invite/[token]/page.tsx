import type { Metadata } from "next";
import { lookAt } from "@/app/filled";
import { InviteForm, InviteGone } from "@/components/auth/invite-form";

export const metadata: Metadata = { title: "Invitation" };

export default async function InvitePage({ params }: { params: Promise<{ token: string }> }) {
	const { token } = await params;
	const found = await lookAt((api) => api.invitations.look({ token }));
	if (!found?.invitation) return <InviteGone />;
	const { email, invitedBy, provider } = found.invitation;
	return <InviteForm token={token} invitation={{ email, invitedBy, provider }} />;
}
