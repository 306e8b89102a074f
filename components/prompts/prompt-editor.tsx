"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { Difference } from "@/components/ui/difference";
import { ErrorView } from "@/components/ui/error-view";
import { figure } from "@/components/ui/figures";
import { say } from "@/components/ui/say";
import { longestBody, type PromptHistory } from "@/server/prompts/contract";
import { PromptPage } from "./prompt-page";
import styles from "./prompts.module.css";
import { VariableFields } from "./variable-fields";
import { cleaned, isSameVariables, variablesFor } from "./variables";
import { Versions } from "./versions";

export function PromptEditor({ promptId }: { promptId: string }) {
	return (
		<PromptPage promptId={promptId} at="">
			{(history, mayWrite) => <Editor history={history} mayWrite={mayWrite} />}
		</PromptPage>
	);
}

/** A prompt's text and its past. What was written stays in the editor, whatever others save meanwhile. */
function Editor({ history, mayWrite }: { history: PromptHistory; mayWrite: boolean }) {
	const { prompt, versions } = history;
	const api = useApi();
	const cache = useQueryClient();
	const [basedOn, setBasedOn] = useState(prompt.latestVersion);
	const [body, setBody] = useState(prompt.body);
	const [declared, setDeclared] = useState(prompt.variables);
	const [message, setMessage] = useState("");
	const [shown, setShown] = useState(prompt.latestVersion);
	const base = versions.find(({ version }) => version === basedOn) ?? prompt;
	const compared = versions.find(({ version }) => version === shown);
	const { variables, fault } = variablesFor([body], declared);
	const isChanged = body !== base.body || !isSameVariables(variables, base.variables);
	const begin = (from: { body: string; variables: typeof declared }) => {
		setBody(from.body);
		setDeclared(from.variables);
	};
	const save = useMutation(
		api.prompts.save.mutationOptions({
			onSuccess: (saved) => {
				cache.setQueryData(api.prompts.get.queryKey({ promptId: prompt.id }), saved);
				void cache.invalidateQueries(api.prompts.list.pathFilter());
				setBasedOn(saved.prompt.latestVersion);
				setShown(saved.prompt.latestVersion);
				begin(saved.prompt);
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
		<div className={styles.room}>
			<form
				className={styles.editor}
				onSubmit={(event) => {
					event.preventDefault();
					save.mutate({ promptId: prompt.id, basedOn, body, variables: cleaned(variables), message });
				}}
			>
				<label className={styles.label} htmlFor="prompt-body">
					Text
					<span>
						{figure(body.length)} of {figure(longestBody)} characters
					</span>
				</label>
				<textarea
					id="prompt-body"
					value={body}
					readOnly={!mayWrite}
					maxLength={longestBody}
					spellCheck
					aria-describedby="prompt-tags"
					onChange={(event) => setBody(event.target.value)}
				/>
				<p id="prompt-tags" className={styles.hint}>
					<code>{"{{name}}"}</code> is a variable, <code>{"{{> Prompt@production}}"}</code> another prompt,{" "}
					<code>{"\\{{"}</code> the braces themselves.
				</p>
				{fault ? <p className={styles.fault}>{fault}</p> : null}
				<VariableFields variables={variables} isReadOnly={!mayWrite} onChange={setDeclared} />
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
						<Button disabled={!isChanged} onClick={() => begin(base)}>
							Discard
						</Button>
						<Button
							type="submit"
							look="primary"
							disabled={!isChanged || !body.trim() || fault !== null}
							isBusy={save.isPending}
						>
							Save version
						</Button>
					</div>
				) : null}
				{compared && compared.body !== body ? (
					<Difference
						label={`From version ${compared.version} to the text above`}
						from={`Version ${compared.version}`}
						to="The text above"
						parts={[{ name: "Text", from: compared.body, to: body }]}
					/>
				) : null}
			</form>
			<Versions
				versions={versions}
				labels={prompt.labels}
				latest={prompt.latestVersion}
				shown={shown}
				onShow={setShown}
				onUse={mayWrite ? begin : undefined}
			/>
		</div>
	);
}
