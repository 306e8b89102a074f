"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ShareButton } from "@/components/access/share-button";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { counted, figure } from "@/components/ui/figures";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { say } from "@/components/ui/say";
import type { PromptHistory } from "@/server/prompts/contract";
import { Changes } from "./changes";
import styles from "./prompts.module.css";
import { Versions } from "./versions";

export function PromptEditor({ promptId }: { promptId: string }) {
	const api = useApi();
	const query = useQuery(api.prompts.get.queryOptions({ promptId }));
	if (!query.data)
		return (
			<ReadPage>
				{query.error ? <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} /> : null}
			</ReadPage>
		);
	return <Editor history={query.data} />;
}

const longest = 20_000;

/** A prompt's text and its past. What was written stays in the editor, whatever others save meanwhile. */
function Editor({ history }: { history: PromptHistory }) {
	const { prompt, versions } = history;
	const api = useApi();
	const cache = useQueryClient();
	const mayWrite = useMay("prompts:write") && prompt.mayManage;
	const [basedOn, setBasedOn] = useState(prompt.latestVersion);
	const [body, setBody] = useState(prompt.body);
	const [message, setMessage] = useState("");
	const [shown, setShown] = useState(prompt.latestVersion);
	const base = versions.find(({ version }) => version === basedOn)?.body ?? prompt.body;
	const compared = versions.find(({ version }) => version === shown);
	const isChanged = body !== base;
	const save = useMutation(
		api.prompts.save.mutationOptions({
			onSuccess: (saved) => {
				cache.setQueryData(api.prompts.get.queryKey({ promptId: prompt.id }), saved);
				void cache.invalidateQueries(api.prompts.list.pathFilter());
				setBasedOn(saved.prompt.latestVersion);
				setShown(saved.prompt.latestVersion);
				setBody(saved.prompt.body);
				setMessage("");
				say(`Version ${saved.prompt.latestVersion} is saved`);
			},
		}),
	);
	const failure = save.error ? toFailure(save.error) : null;
	/** The newer version becomes the ground to stand on; one's own text stays. */
	const takeNewer = async () => {
		const fresh = await cache.fetchQuery({ ...api.prompts.get.queryOptions({ promptId: prompt.id }), staleTime: 0 });
		setBasedOn(fresh.prompt.latestVersion);
		setShown(fresh.prompt.latestVersion);
		save.reset();
	};
	return (
		<ReadPage>
			<PageHeader
				up={{ href: "/prompts", label: "Prompts" }}
				title={prompt.name}
				count={counted(prompt.latestVersion, "version")}
				actions={mayWrite ? <ShareButton kind="prompt" resourceId={prompt.id} /> : undefined}
			/>
			<div className={styles.room}>
				<form
					className={styles.editor}
					onSubmit={(event) => {
						event.preventDefault();
						save.mutate({ promptId: prompt.id, basedOn, body, message });
					}}
				>
					<label className={styles.label} htmlFor="prompt-body">
						Text
						<span>
							{figure(body.length)} of {figure(longest)} characters
						</span>
					</label>
					<textarea
						id="prompt-body"
						value={body}
						readOnly={!mayWrite}
						maxLength={longest}
						spellCheck
						onChange={(event) => setBody(event.target.value)}
					/>
					{failure ? <ErrorView failure={failure} /> : null}
					{failure?.code === "CHANGED" ? (
						<div>
							<Button onClick={() => void takeNewer()}>Compare with the newer version</Button>
						</div>
					) : null}
					{mayWrite ? (
						<div className={styles.save}>
							<input
								aria-label="What has changed"
								placeholder="What has changed, for those who read it later"
								maxLength={200}
								value={message}
								onChange={(event) => setMessage(event.target.value)}
							/>
							<Button disabled={!isChanged} onClick={() => setBody(base)}>
								Discard
							</Button>
							<Button type="submit" look="primary" disabled={!isChanged || !body.trim()} isBusy={save.isPending}>
								Save version
							</Button>
						</div>
					) : null}
					{compared && compared.body !== body ? (
						<Changes from={compared.body} to={body} label={`From version ${compared.version} to the text above`} />
					) : null}
				</form>
				<Versions
					versions={versions}
					latest={prompt.latestVersion}
					shown={shown}
					onShow={setShown}
					onUse={mayWrite ? setBody : undefined}
				/>
			</div>
		</ReadPage>
	);
}
