import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { read } from "@/app/filled";
import { ToSignIn } from "@/components/auth/to-sign-in";
import { Shell } from "@/components/shell/shell";

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
	const me = await read((api) => api.auth.me({}));
	if (me.kind === "signed out") return <ToSignIn />;
	if (me.kind === "failed") throw me.error;
	const jar = await cookies();
	return (
		<Shell me={me.data} isFolded={jar.get("qd_rail")?.value === "folded"}>
			{children}
		</Shell>
	);
}
