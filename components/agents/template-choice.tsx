"use client";

import { IconReceipt, IconSteeringWheel } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { say } from "@/components/ui/say";
import styles from "./agents.module.css";

/** Agents that come ready made, to begin with. */
export function TemplateChoice({ onClose }: { onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const router = useRouter();
	const mayWrite = useMay("prompts:write");
	const use = useMutation(
		api.agents.createFromTemplate.mutationOptions({
			onSuccess: async (agent) => {
				await cache.invalidateQueries(api.agents.pathFilter());
				say(`${agent.name} can be asked`);
				onClose();
				router.push(`/agents/${agent.id}`);
			},
		}),
	);
	if (!mayWrite) return null;
	return (
		<section className={styles.section} aria-label="Ready made">
			<p>
				Operator: works Quarterdeck itself, such as “Who can read the HR collection?”. It can do what whoever asks it
				can, and what is dangerous waits for approval.
			</p>
			<p>Invoices: extracts who sent an invoice, its number, dates, sums and lines, also from photographs.</p>
			{use.error ? <ErrorView failure={toFailure(use.error)} /> : null}
			<div className={styles.actions}>
				<Button
					icon={IconSteeringWheel}
					isBusy={use.isPending}
					onClick={() => use.mutate({ template: "operator", access: "private" })}
				>
					Make an Operator
				</Button>
				<Button
					icon={IconReceipt}
					isBusy={use.isPending}
					onClick={() => use.mutate({ template: "invoices", access: "private" })}
				>
					Make Invoices
				</Button>
			</div>
		</section>
	);
}
