import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { read } from "@/app/filled";
import { SignInForm } from "@/components/auth/sign-in-form";

export const metadata: Metadata = { title: "Sign in" };

/** Only a path of our own: `//host` and `/\host` lead elsewhere. */
const ownPath = (next: unknown): string => (typeof next === "string" && /^\/(?![/\\])/.test(next) ? next : "/");

export default async function SignInPage({ searchParams }: { searchParams: Promise<{ next?: string | string[] }> }) {
	const { next } = await searchParams;
	const me = await read((api) => api.auth.me({}));
	if (me.kind === "read") redirect(ownPath(next));
	const status = await read((api) => api.auth.status({}));
	if (status.kind === "read" && status.data.needsOwner) redirect("/setup");
	return <SignInForm next={ownPath(next)} />;
}
