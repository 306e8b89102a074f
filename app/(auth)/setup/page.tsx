import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { read } from "@/app/filled";
import { SetupForm } from "@/components/auth/setup-form";

export const metadata: Metadata = { title: "First run" };

export default async function SetupPage() {
	const status = await read((api) => api.auth.status({}));
	if (status.kind === "read" && !status.data.needsOwner) redirect("/sign-in");
	return <SetupForm />;
}
