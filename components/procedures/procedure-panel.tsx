"use client";

import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { CopyId } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import { duration, figure } from "@/components/ui/figures";
import { Json } from "@/components/ui/json";
import { Fact, Facts, PanelSection, SidePanel } from "@/components/ui/side-panel";
import { permissions, roleMay, roles } from "@/server/core/permissions";
import type { ProcedureDetail, ProcedureEntry } from "@/server/procedures/contract";
import { LastCallers } from "./last-callers";
import { Faces, Risk } from "./marks";

const TryIt = dynamic(() => import("./try-it"), { ssr: false });
const WouldBeAllowed = dynamic(() => import("./would-be-allowed"), { ssr: false });

function whoMay(entry: ProcedureEntry): string {
	const permission = permissions.find((one) => one === entry.permission);
	if (!permission) return "Everybody, also without an account";
	return roles.filter((role) => roleMay(role, permission)).join(", ");
}

/** One procedure: its terms, its use, its schemas. */
export function ProcedurePanel({ procedure, onClose }: { procedure: string; onClose: () => void }) {
	const { data, error, refetch } = useQuery(useApi().procedures.get.queryOptions({ procedure }));
	return (
		<SidePanel title={procedure} label="Procedure" onClose={onClose}>
			{error && !data ? <ErrorView failure={toFailure(error)} retry={() => void refetch()} /> : null}
			{data ? <Terms entry={data} /> : null}
		</SidePanel>
	);
}

function Terms({ entry }: { entry: ProcedureDetail }) {
	const maySeeCallers = useMay("audit:read");
	return (
		<>
			{entry.summary ? <p>{entry.summary}</p> : null}
			{entry.openBecause ? <p>{entry.openBecause}</p> : null}
			<Facts>
				<Fact name="Name">
					<CopyId value={entry.path} label="name" length={48} />
				</Fact>
				<Fact name="Kind">{entry.type}</Fact>
				<Fact name="Permission">{entry.permission ?? "None: it is open"}</Fact>
				<Fact name="Roles">{whoMay(entry)}</Fact>
				<Fact name="Risk">
					<Risk risk={entry.risk} />
				</Fact>
				<Fact name="Limit">
					{entry.limit}, {figure(entry.perMinute)} calls a minute
				</Fact>
				{entry.stepUp ? <Fact name="Proof">Asks again who it is, after 10 minutes</Fact> : null}
				<Fact name="Faces">
					<Faces faces={entry.faces} />
				</Fact>
				<Fact name="REST">{entry.rest ? <CopyId value={entry.rest} label="address" length={64} /> : null}</Fact>
				{entry.deprecated ? (
					<Fact name="Deprecated">
						Since {entry.deprecated.since}
						{entry.deprecated.sunset ? `, ends on ${entry.deprecated.sunset}` : ""}
						{entry.deprecated.instead ? `: use ${entry.deprecated.instead}` : ""}
					</Fact>
				) : null}
				<Fact name="Tool">{entry.tool}</Fact>
				<Fact name="Calls">
					{figure(entry.calls)} since the server started, {figure(entry.failures)} refused or failed
				</Fact>
				<Fact name="Mean time">{entry.meanMs === null ? null : duration(entry.meanMs)}</Fact>
			</Facts>
			<PanelSection title="Try it">
				<TryIt entry={entry} />
			</PanelSection>
			{entry.permission ? (
				<PanelSection title="Would they be allowed?">
					<WouldBeAllowed permission={entry.permission} />
				</PanelSection>
			) : null}
			{maySeeCallers ? (
				<PanelSection title="Who called it last">
					<LastCallers procedure={entry.path} />
				</PanelSection>
			) : null}
			<PanelSection title="Input">
				<Json value={entry.input} label="Input schema" />
			</PanelSection>
			<PanelSection title="Output">
				<Json value={entry.output} label="Output schema" />
			</PanelSection>
		</>
	);
}
