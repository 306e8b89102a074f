"use client";

import { Modal, Radio } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { say } from "@/components/ui/say";
import { Fact, Facts } from "@/components/ui/side-panel";
import { Theme } from "@/components/ui/theme";
import { type AuditFilter, ExportFormat } from "@/server/audit/contract";
import styles from "./audit.module.css";
import { conditionsOf } from "./filter";
import { formatNames, formatTexts } from "./formats";

/** Asks for an export of what the list shows; a job writes it. */
export default function ExportForm({ filter, onClose }: { filter: AuditFilter; onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const router = useRouter();
	const conditions = conditionsOf(filter);
	const [format, setFormat] = useState<ExportFormat>("csv");
	const request = useMutation(
		api.audit.requestExport.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.audit.listExports.pathFilter());
				say("The export has begun");
				router.push("/audit/exports");
			},
		}),
	);
	const wanted = format === "chain" ? {} : filter;
	return (
		<Theme>
			<Modal opened onClose={onClose} title="Export the audit" size={520}>
				<form
					className={styles.stack}
					onSubmit={(event) => {
						event.preventDefault();
						request.mutate({ format, filter: wanted });
					}}
				>
					<Radio.Group
						label="Format"
						value={format}
						onChange={(value) => setFormat(ExportFormat.catch("csv").parse(value))}
					>
						<div className={styles.stack} style={{ paddingTop: 8 }}>
							{ExportFormat.options.map((one) => (
								<Radio
									key={one}
									data-autofocus={one === format || undefined}
									value={one}
									label={formatNames[one]}
									description={formatTexts[one]}
								/>
							))}
						</div>
					</Radio.Group>
					{format === "chain" ? (
						<p className={styles.hint}>
							{conditions.length > 0
								? "Every sealed entry goes into it, whatever the list is filtered by: with gaps it would prove nothing."
								: "Every sealed entry goes into it."}
						</p>
					) : conditions.length > 0 ? (
						<Facts>
							{conditions.map(({ name, value }) => (
								<Fact key={name} name={name}>
									{value}
								</Fact>
							))}
						</Facts>
					) : (
						<p className={styles.hint}>No filter is set: every sealed entry goes into it.</p>
					)}
					<p className={styles.hint}>
						Each file comes with a certificate (PDF) that tells its digest and whether the chain holds. Both are kept
						for seven days, for you alone. This export and each download are entries of the audit.
					</p>
					{request.error ? <ErrorView failure={toFailure(request.error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={request.isPending}>
							Export
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}
