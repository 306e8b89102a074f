"use client";

import {
	IconAlertTriangle,
	IconCircleCheck,
	IconHandStop,
	IconInfoCircle,
	IconMail,
	IconPlugConnected,
	IconServerBolt,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Badge } from "@/components/ui/badge";
import { ButtonLink } from "@/components/ui/button-link";
import { ErrorView } from "@/components/ui/error-view";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { When } from "@/components/ui/time";
import type { HealthPart } from "@/server/system/contract";
import { Caches } from "./caches";
import styles from "./system.module.css";

const noInput = {};
const refreshMs = 10_000;

/** Whether each part truly works, found out by trying. */
export function SystemView() {
	const api = useApi();
	const mayStop = useMay("stops:manage");
	const mayManagePrograms = useMay("programs:manage");
	const mayManageServers = useMay("mcp-servers:manage");
	const mayReadMail = useMay("mail:read");
	const query = useQuery({ ...api.system.health.queryOptions(noInput), refetchInterval: refreshMs });
	const health = query.data;
	return (
		<ReadPage>
			<PageHeader
				title="System"
				count={health ? `version ${health.version}` : undefined}
				actions={
					<>
						{mayStop ? (
							<ButtonLink href="/system/stops" icon={IconHandStop}>
								Stops
							</ButtonLink>
						) : null}
						{mayReadMail ? (
							<ButtonLink href="/system/outbox" icon={IconMail}>
								Outbox
							</ButtonLink>
						) : null}
						{mayManagePrograms ? (
							<ButtonLink href="/system/programs" icon={IconPlugConnected}>
								Programs
							</ButtonLink>
						) : null}
						{mayManageServers ? (
							<ButtonLink href="/system/mcp" icon={IconServerBolt}>
								MCP servers
							</ButtonLink>
						) : null}
					</>
				}
			>
				Each part, tried just now: what is well, what is not set up, what needs somebody.
			</PageHeader>
			{query.error ? <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} /> : null}
			{health ? (
				<>
					<p className={styles.whole} data-ready={health.isReady || undefined} role="status">
						{health.isReady ? (
							<IconCircleCheck size={20} stroke={1.5} aria-hidden="true" />
						) : (
							<IconAlertTriangle size={20} stroke={1.5} aria-hidden="true" />
						)}
						{health.isReady ? "Everything that is needed works." : "Something that is needed does not work."}
						<span>
							looked <When at={health.at} />
						</span>
					</p>
					<ul className={styles.parts}>
						{health.parts.map((part) => (
							<li key={part.name}>
								<h2>{part.name}</h2>
								<PartState state={part.state} />
								<p>{part.detail}</p>
							</li>
						))}
					</ul>
					<Caches />
				</>
			) : null}
		</ReadPage>
	);
}

function PartState({ state }: { state: HealthPart["state"] }) {
	switch (state) {
		case "well":
			return (
				<Badge tone="accent" icon={IconCircleCheck}>
					Works
				</Badge>
			);
		case "idle":
			return (
				<Badge tone="amber" icon={IconInfoCircle}>
					Not set up
				</Badge>
			);
		case "ill":
			return (
				<Badge tone="red" icon={IconAlertTriangle}>
					Does not work
				</Badge>
			);
	}
}
