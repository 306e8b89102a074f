import type { Metadata } from "next";
import { lookAt } from "@/app/filled";
import { ConfirmEmail, ConfirmGone } from "@/components/auth/confirm-email";

export const metadata: Metadata = { title: "New address" };

export default async function EmailPage({ params }: { params: Promise<{ token: string }> }) {
	const { token } = await params;
	const found = await lookAt((api) => api.account.lookAtEmailChange({ token }));
	return found?.change ? <ConfirmEmail token={token} email={found.change.email} /> : <ConfirmGone />;
}
