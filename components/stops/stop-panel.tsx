"use client";

import { IconPlayerPlay } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { CopyId } from "@/components/ui/copy";
import { confirm, say } from "@/components/ui/say";
import { Fact, Facts, SidePanel } from "@/components/ui/side-panel";
import { Exactly } from "@/components/ui/time";
import type { Stop } from "@/server/stops/contract";
import { kindWords, nameOf } from "./stop-words";

/** One stop, and the way to lift it. */
export function StopPanel({ stop, onClose }: { stop: Stop; onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const lift = useMutation(
		api.stops.lift.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.stops.pathFilter());
				say("The stop is lifted");
				onClose();
			},
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	const ask = async () => {
		const isWanted = await confirm({
			title: "Lift this stop?",
			text: `${nameOf(stop)} may go on at once. It was stopped because: ${stop.reason}`,
			action: "Lift the stop",
		});
		if (isWanted) lift.mutate({ stopId: stop.id });
	};
	return (
		<SidePanel title={nameOf(stop)} label="Stop" onClose={onClose}>
			<div>
				<Button icon={IconPlayerPlay} isBusy={lift.isPending} onClick={() => void ask()}>
					Lift the stop
				</Button>
			</div>
			<Facts>
				<Fact name="What">{kindWords[stop.kind]}</Fact>
				<Fact name="Why">{stop.reason}</Fact>
				<Fact name="By">{stop.placedByName}</Fact>
				<Fact name="Since">
					<Exactly at={stop.createdAt} />
				</Fact>
				<Fact name="Named">
					{stop.target ? <CopyId value={stop.target} label="what is stopped" length={36} /> : null}
				</Fact>
			</Facts>
		</SidePanel>
	);
}
