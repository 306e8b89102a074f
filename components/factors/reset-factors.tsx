"use client";

import { useMutation } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { confirm, say } from "@/components/ui/say";

/** For somebody who lost their phone and their codes. */
export function ResetFactors({ user }: { user: { id: string; name: string } }) {
	const api = useApi();
	const reset = useMutation(
		api.factors.reset.mutationOptions({ onSuccess: () => say(`${user.name} signs in without a second factor now`) }),
	);
	const ask = async () => {
		const isWanted = await confirm({
			title: `Remove ${user.name}'s second factors?`,
			text: "Their passkeys, app for codes and recovery codes end. Make sure that it is really them who asks.",
			action: "Remove factors",
		});
		if (isWanted) reset.mutate({ userId: user.id });
	};
	return (
		<>
			<Button isBusy={reset.isPending} onClick={() => void ask()}>
				Remove second factors
			</Button>
			{reset.error ? <ErrorView failure={toFailure(reset.error)} /> : null}
		</>
	);
}
