"use client";

import { IconShieldExclamation } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { ErrorView } from "@/components/ui/error-view";
import { plainFailure } from "@/components/ui/failure";
import { AppForCodes } from "./app-for-codes";
import styles from "./factors.module.css";
import { Passkeys } from "./passkeys";
import { ProviderLinks } from "./provider-links";
import { RecoverySection } from "./recovery-section";

const RecoveryCodes = dynamic(() => import("./recovery-codes"), { ssr: false });

/** The ways into one's own account beside the password. */
export function Security({ problem }: { problem: string | null }) {
	const api = useApi();
	const mine = useQuery(api.factors.mine.queryOptions({}));
	const [codes, setCodes] = useState<string[] | null>(null);
	if (mine.error) return <ErrorView failure={toFailure(mine.error)} retry={() => void mine.refetch()} />;
	if (!mine.data) return null;
	const { data } = mine;
	const hasFactor = data.totpSince !== null || data.passkeys.length > 0;
	return (
		<>
			{problem ? <ErrorView failure={plainFailure(problem)} /> : null}
			{data.isRequired && !hasFactor ? (
				<div className={styles.required} role="status">
					<IconShieldExclamation size={18} stroke={1.5} aria-hidden="true" />
					<p>
						<strong>Your role asks for a second factor.</strong> Add a passkey or an app for codes below; everything
						else opens then.
					</p>
				</div>
			) : null}
			<Passkeys passkeys={data.passkeys} onCodes={setCodes} />
			<AppForCodes since={data.totpSince} onCodes={setCodes} />
			<RecoverySection left={data.recoveryCodesLeft} hasFactor={hasFactor} onCodes={setCodes} />
			{data.provider ? <ProviderLinks provider={data.provider} identities={data.identities} /> : null}
			{codes ? <RecoveryCodes codes={codes} onClose={() => setCodes(null)} /> : null}
		</>
	);
}
