"use client";

import { IconPlugConnected } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { duration } from "@/components/ui/figures";
import { say } from "@/components/ui/say";

/** One tiny call of a model, and what came of it. */
export function TestButton({ modelKey, name }: { modelKey: string; name: string }) {
	const api = useApi();
	const cache = useQueryClient();
	const mayManage = useMay("models:manage");
	const test = useMutation(
		api.models.test.mutationOptions({
			onSuccess: async ({ isWell, problem, firstTokenMs, ms }) => {
				if (isWell) say(`${name} answers: first word after ${duration(firstTokenMs ?? ms)}`);
				else say(problem ?? `${name} does not answer`, "failed");
				await cache.invalidateQueries(api.models.pathFilter());
			},
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	if (!mayManage) return null;
	return (
		<Button
			size="small"
			icon={IconPlugConnected}
			isBusy={test.isPending}
			aria-label={`Test ${name}`}
			onClick={() => test.mutate({ modelKey })}
		>
			Test
		</Button>
	);
}
