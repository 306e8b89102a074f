import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { read } from "@/app/filled";
import { describeProblem } from "@/components/auth/problems";
import { SignInForm } from "@/components/auth/sign-in-form";
import { ownPath, parseFactors, SignInProblem } from "@/server/auth/contract";

export const metadata: Metadata = { title: "Sign in" };

type Search = Partial<Record<"next" | "callbackUrl" | "step" | "problem" | "error", string | string[]>>;

export default async function SignInPage({ searchParams }: { searchParams: Promise<Search> }) {
	const { next, step, problem, error } = await searchParams;
	const me = await read((api) => api.auth.me({}));
	if (me.kind === "read") {
		// Who went to the provider from inside comes back to where they left.
		const own = SignInProblem.safeParse(error ? "refused" : problem);
		redirect(own.success ? `/account/security?problem=${own.data}` : ownPath(next));
	}
	const status = await read((api) => api.auth.status({}));
	if (status.kind === "read" && status.data.needsOwner) redirect("/setup");
	return (
		<SignInForm
			next={ownPath(next)}
			provider={status.kind === "read" ? status.data.provider : null}
			step={typeof step === "string" ? parseFactors(step) : []}
			problem={describeProblem(problem, error)}
		/>
	);
}
