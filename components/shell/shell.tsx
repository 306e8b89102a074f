"use client";

import dynamic from "next/dynamic";
import { usePathname, useRouter } from "next/navigation";
import { type ReactNode, useEffect } from "react";
import { ApiProvider } from "@/components/trpc/client";
import { useProofAsked } from "@/components/trpc/proof";
import { useSessionOver } from "@/components/trpc/session-over";
import type { Me } from "@/server/users/contract";
import { MeProvider, useMe } from "./me";
import { Palette } from "./palette";
import { Rail } from "./rail";
import styles from "./shell.module.css";
import { TopBar } from "./top-bar";

const LateParts = dynamic(() => import("./late-parts"), { ssr: false });
const ProofDialog = dynamic(() => import("@/components/auth/proof-dialog"), { ssr: false });

/** What stands around every page behind a session. */
export function Shell({ me, isFolded, children }: { me: Me; isFolded: boolean; children: ReactNode }) {
	return (
		<ApiProvider>
			<MeProvider me={me}>
				<a href="#main" className={styles.skip}>
					Skip to the page
				</a>
				<div className={styles.shell}>
					<Rail isFolded={isFolded} />
					<TopBar />
					<main id="main" tabIndex={-1} className={styles.main}>
						<SessionOver />
						<Enrolled>{children}</Enrolled>
					</main>
				</div>
				<Palette />
				<LateParts />
				<ProofAsked />
			</MeProvider>
		</ApiProvider>
	);
}

function SessionOver() {
	if (!useSessionOver()) return null;
	const backTo = () => window.location.assign(`/sign-in?next=${encodeURIComponent(window.location.pathname)}`);
	return (
		<div className={styles.over} role="alert">
			<span>Your session has ended. What you wrote is kept in this tab.</span>
			<button type="button" onClick={backTo}>
				Sign in again
			</button>
		</div>
	);
}

const ProofAsked = () => (useProofAsked() ? <ProofDialog /> : null);

const security = "/account/security";

/** Who must add a second factor first is led there; nothing else would open. */
function Enrolled({ children }: { children: ReactNode }) {
	const { mustEnrol } = useMe();
	const path = usePathname();
	const router = useRouter();
	const isElsewhere = mustEnrol && path !== security;
	useEffect(() => {
		if (isElsewhere) router.replace(security);
	}, [isElsewhere, router]);
	return isElsewhere ? null : children;
}
