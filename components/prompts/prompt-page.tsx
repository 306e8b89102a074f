"use client";

import { IconFlask } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ShareButton } from "@/components/access/share-button";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { ButtonLink } from "@/components/ui/button-link";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Tabs } from "@/components/ui/tabs";
import type { PromptHistory } from "@/server/prompts/contract";

const tabs = [
	{ path: "", label: "Text" },
	{ path: "/versions", label: "Versions" },
	{ path: "/labels", label: "Labels" },
	{ path: "/usage", label: "Usage" },
] as const;

/** What all pages of one prompt have in common. */
export function PromptPage(props: {
	promptId: string;
	at: (typeof tabs)[number]["path"];
	children: (history: PromptHistory, mayWrite: boolean) => ReactNode;
}) {
	const { promptId } = props;
	const api = useApi();
	const holdsWrite = useMay("prompts:write");
	const query = useQuery(api.prompts.get.queryOptions({ promptId }));
	if (!query.data)
		return (
			<ReadPage>
				{query.error ? <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} /> : null}
			</ReadPage>
		);
	const { prompt } = query.data;
	const mayWrite = holdsWrite && prompt.mayManage;
	const home = `/prompts/${promptId}`;
	return (
		<ReadPage>
			<PageHeader
				up={{ href: "/prompts", label: "Prompts" }}
				title={prompt.name}
				count={counted(prompt.latestVersion, "version")}
				actions={
					<>
						{holdsWrite ? (
							<ButtonLink icon={IconFlask} href={`/playground?prompt=${promptId}`}>
								Try it
							</ButtonLink>
						) : null}
						{mayWrite ? <ShareButton kind="prompt" resourceId={promptId} /> : null}
					</>
				}
			/>
			<Tabs
				label="Prompt"
				tabs={tabs.map(({ path, label }) => ({ href: `${home}${path}`, label }))}
				at={`${home}${props.at}`}
			/>
			{props.children(query.data, mayWrite)}
		</ReadPage>
	);
}
