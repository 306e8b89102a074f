"use client";

import { IconTag } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Difference } from "@/components/ui/difference";
import { FilterBar, FilterSelect } from "@/components/ui/field";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import type { PromptHistory, PromptVersion } from "@/server/prompts/contract";
import { PromptPage } from "./prompt-page";
import styles from "./prompts.module.css";
import { variableLine } from "./variables";
import { Versions } from "./versions";

const MoveForm = dynamic(() => import("./move-form"), { ssr: false });

/** Every version of a prompt, and any two of them side by side. */
export function PromptVersionsPage({ promptId }: { promptId: string }) {
	return (
		<PromptPage promptId={promptId} at="/versions">
			{(history, mayWrite) => <Compared history={history} mayWrite={mayWrite} />}
		</PromptPage>
	);
}

function Compared({ history: { prompt, versions }, mayWrite }: { history: PromptHistory; mayWrite: boolean }) {
	const url = useUrl();
	const [isMoving, setMoving] = useState(false);
	const find = (number: number) => versions.find(({ version }) => version === number);
	const open = find(Number(url.get("version"))) ?? versions[0];
	if (!open) return null;
	const others = versions.filter(({ version }) => version !== open.version);
	const asked = find(Number(url.get("with")));
	const before =
		asked && asked.version !== open.version
			? asked
			: (others.find(({ version }) => version < open.version) ?? others.at(-1));
	return (
		<div className={styles.room}>
			<section className={styles.shown} aria-labelledby="version">
				<div className={styles.shownHead}>
					<h2 id="version">Version {open.version}</h2>
					{mayWrite ? (
						<Button size="small" icon={IconTag} onClick={() => setMoving(true)}>
							Point a label here
						</Button>
					) : null}
				</div>
				<p>
					{open.authorName}, <When at={open.createdAt} />
					{open.message ? `: ${open.message}` : ""}. It never changes: runs name it.
				</p>
				{before ? (
					<>
						<FilterBar label="Compared with">
							<FilterSelect
								label="Compared with"
								value={String(before.version)}
								options={others.map(({ version }) => ({
									value: String(version),
									label: `Compared with version ${version}`,
								}))}
								onChange={(version) => url.set({ with: version })}
							/>
						</FilterBar>
						<TwoVersions from={before} to={open} />
					</>
				) : (
					<pre className={styles.text}>{open.body}</pre>
				)}
			</section>
			<Versions
				versions={versions}
				labels={prompt.labels}
				latest={prompt.latestVersion}
				shown={open.version}
				onShow={(version) => url.set({ version: String(version) })}
			/>
			{isMoving ? <MoveForm prompt={prompt} version={open.version} onClose={() => setMoving(false)} /> : null}
		</div>
	);
}

function TwoVersions({ from, to }: { from: PromptVersion; to: PromptVersion }) {
	const [before, after] = [from.variables.map(variableLine), to.variables.map(variableLine)];
	const gone = before.filter((line) => !after.includes(line));
	const come = after.filter((line) => !before.includes(line));
	return (
		<Difference
			label={`From version ${from.version} to version ${to.version}`}
			from={`Version ${from.version}`}
			to={`Version ${to.version}`}
			parts={[
				{ name: from.body === to.body ? "Text: the same in both" : "Text", from: from.body, to: to.body },
				...(gone.length + come.length > 0 ? [{ name: "Variables", before: gone, after: come }] : []),
			]}
		/>
	);
}
