import type { Metadata } from "next";
import { lookAt } from "@/app/filled";
import { ResetForm, ResetGone } from "@/components/auth/reset-form";

export const metadata: Metadata = { title: "New password" };

export default async function ResetPage({ params }: { params: Promise<{ token: string }> }) {
	const { token } = await params;
	const found = await lookAt((api) => api.account.lookAtReset({ token }));
	return found?.reset ? <ResetForm token={token} least={found.reset.leastCharacters} /> : <ResetGone />;
}
