"use client";

import { IconDownload } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { useMay } from "@/components/shell/me";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { counted } from "@/components/ui/figures";
import { csvType, saveFile } from "@/components/ui/save-file";
import { confirm, say } from "@/components/ui/say";
import { SteerWork } from "@/components/ui/work";
import type { ExportExtraction, Extraction, ExtractionColumns } from "@/server/extractions/contract";

/** What can be done with an extraction: let it rest or go on, try again what failed, take it along, remove it. */
export function ExtractionActions({
	extraction,
	columns,
}: {
	extraction: Extraction;
	columns: ExtractionColumns | undefined;
}) {
	const { id: extractionId, state, failed, cancelled, done } = extraction;
	const api = useApi();
	const cache = useQueryClient();
	const router = useRouter();
	const mayWrite = useMay("runs:write");
	const steer = useMutation(
		api.extractions.steer.mutationOptions({
			onSuccess: () => cache.invalidateQueries(api.extractions.pathFilter()),
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	const remove = useMutation(
		api.extractions.remove.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.extractions.list.pathFilter());
				say("The extraction was removed");
				router.push("/extractions");
			},
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	const askRemoval = async () => {
		const text = "Its results and corrections go with it, for good. The documents stay.";
		if (await confirm({ title: "Remove this extraction?", text, action: "Remove" })) remove.mutate({ extractionId });
	};
	const left = failed + cancelled;
	return (
		<>
			{done > 0 ? <Exports extractionId={extractionId} columns={columns} /> : null}
			{mayWrite ? (
				<SteerWork
					state={state}
					again={left > 0 ? counted(left, "document") : null}
					isSteering={steer.isPending}
					isRemoving={remove.isPending}
					onAct={(action) => steer.mutate({ extractionId, action })}
					onRemove={() => void askRemoval()}
				/>
			) : null}
		</>
	);
}

type Asked = Pick<ExportExtraction, "format"> & { list?: string };

function Exports({ extractionId, columns }: { extractionId: string; columns: ExtractionColumns | undefined }) {
	const client = useClient();
	const [busy, setBusy] = useState<string | null>(null);
	const take = async (asked: Asked) => {
		setBusy(asked.list ?? asked.format);
		try {
			const parts: string[] = [];
			let cursor: string | undefined;
			let name = "";
			do {
				const piece = await client.extractions.export.query({ extractionId, ...asked, cursor });
				parts.push(piece.content);
				name = piece.name;
				cursor = piece.next ?? undefined;
			} while (cursor);
			saveFile(name, parts, types[asked.format]);
		} catch (error) {
			say(toFailure(error).message, "failed");
		}
		setBusy(null);
	};
	return (
		<>
			<Button icon={IconDownload} isBusy={busy === "csv"} onClick={() => void take({ format: "csv" })}>
				CSV
			</Button>
			{(columns?.lists ?? []).slice(0, 2).map(({ path, title }) => (
				<Button
					key={path}
					icon={IconDownload}
					isBusy={busy === path}
					onClick={() => void take({ format: "csv", list: path })}
				>
					CSV of {title}
				</Button>
			))}
			<Button icon={IconDownload} isBusy={busy === "json"} onClick={() => void take({ format: "json" })}>
				JSON
			</Button>
		</>
	);
}

const types = { csv: csvType, json: "application/json" } as const;
