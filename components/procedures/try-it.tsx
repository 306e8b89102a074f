"use client";

import { Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { ResourceSelect } from "@/components/access/resource-select";
import { Button } from "@/components/ui/button";
import { CopyText } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import { type Failure, plainFailure } from "@/components/ui/failure";
import { Json } from "@/components/ui/json";
import { confirm } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import type { ProcedureDetail } from "@/server/procedures/contract";
import { faceWords } from "./marks";
import styles from "./procedures.module.css";
import { type Asked, curlOf, type Face, requestOf, wireText } from "./request";
import { type Answer, send } from "./send";

type Given = { input: Record<string, unknown> } | { problem: string };

function read(text: string): Given {
	try {
		const input: unknown = JSON.parse(text.trim() || "{}");
		if (typeof input !== "object" || input === null || Array.isArray(input))
			return { problem: "Write an object: { … }" };
		return { input: { ...input } };
	} catch (error) {
		return { problem: error instanceof Error ? error.message : "This is not JSON." };
	}
}

/** What is missing before it can be sent. */
function missing(given: Given, entry: ProcedureDetail, face: Face, file: File | null, agentId: string | null) {
	if ("problem" in given) return given.problem;
	if (entry.isUpload && !file) return "Choose a file.";
	if (face === "tool" && entry.risk !== "read") return "An agent changes things within a run only: ask it in a chat.";
	if (face === "tool" && !agentId) return "Choose the agent that calls it.";
	return null;
}

/** Calls it through any of its faces, as oneself. What goes out is shown before, what comes back after. */
export default function TryIt({ entry }: { entry: ProcedureDetail }) {
	const cache = useQueryClient();
	const [face, setFace] = useState<Face>("rpc");
	const [text, setText] = useState(() => JSON.stringify(entry.example ?? {}, null, 2));
	const [file, setFile] = useState<File | null>(null);
	const [agentId, setAgentId] = useState<string | null>(null);
	const [answer, setAnswer] = useState<Answer | null>(null);
	const [failure, setFailure] = useState<Failure | null>(null);
	const [isSending, setSending] = useState(false);
	const given = read(text);
	const why = missing(given, entry, face, file, agentId);
	const asked = "input" in given ? requestOf(entry, face, { input: given.input, file, agentId }) : null;
	const choose = (next: Face) => {
		setFace(next);
		setAnswer(null);
		setFailure(null);
	};
	const go = async (request: Asked) => {
		if (entry.risk !== "read" && !(await isWanted(entry))) return;
		setSending(true);
		setFailure(null);
		setAnswer(null);
		try {
			setAnswer(await send(request));
			// What it changed may be on the screen; the audit and the list of callers know of it, too.
			await cache.invalidateQueries();
		} catch {
			setFailure(plainFailure("The server can't be reached. Check your connection, then try again."));
		} finally {
			setSending(false);
		}
	};
	return (
		<Theme>
			<div className={styles.stack}>
				<FaceChoice faces={entry.faces} value={face} onChange={choose} />
				{entry.isUpload ? (
					<label className={styles.file}>
						File
						<input type="file" onChange={(event) => setFile(event.target.files?.[0] ?? null)} />
					</label>
				) : (
					<Textarea
						label="Input, as JSON"
						autosize
						minRows={3}
						maxRows={16}
						spellCheck={false}
						classNames={{ input: styles.code }}
						value={text}
						error={"problem" in given ? given.problem : null}
						onChange={(event) => setText(event.currentTarget.value)}
					/>
				)}
				{face === "tool" ? (
					<ResourceSelect label="As which agent" any="Choose one" kind="agent" value={agentId} onChange={setAgentId} />
				) : null}
				{asked ? <Request asked={asked} /> : null}
				<div className={styles.line}>
					<Button
						look={entry.risk === "danger" ? "danger" : "primary"}
						disabled={why !== null}
						isBusy={isSending}
						onClick={() => asked && void go(asked)}
					>
						Send as {faceWords[face]}
					</Button>
					<p className={styles.hint}>
						{why ?? "It is really done, with your rights, and counts like any call of yours."}
					</p>
				</div>
				{failure ? <ErrorView failure={failure} /> : null}
				{answer ? <Answered answer={answer} /> : null}
			</div>
		</Theme>
	);
}

const isWanted = (entry: ProcedureDetail) =>
	confirm({
		title: `Really call ${entry.path}?`,
		text:
			entry.risk === "danger"
				? "This is dangerous: it is done at once and may not be taken back. You may be asked who you are."
				: "This changes something, as if it were done on its own page.",
		action: "Call it",
		tone: entry.risk === "danger" ? "danger" : "plain",
	});

function FaceChoice(props: { faces: readonly Face[]; value: Face; onChange: (face: Face) => void }) {
	const name = useId();
	return (
		<fieldset className={styles.choice}>
			<legend>Face</legend>
			{props.faces.map((face) => (
				<label key={face} data-chosen={face === props.value || undefined}>
					<input type="radio" name={name} checked={face === props.value} onChange={() => props.onChange(face)} />
					{faceWords[face]}
				</label>
			))}
		</fieldset>
	);
}

function Request({ asked }: { asked: Asked }) {
	const curl = curlOf(asked, window.location.origin);
	return (
		<>
			<Shown title="The request" text={wireText(asked)} />
			<Shown title="The same with curl" text={curl} />
		</>
	);
}

function Shown({ title, text }: { title: string; text: string }) {
	return (
		<div>
			<div className={styles.heading}>
				<h4>{title}</h4>
				<CopyText text={text} label={`Copy: ${title.toLowerCase()}`} />
			</div>
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
			<section className={styles.wire} tabIndex={0} aria-label={title}>
				<pre>{text}</pre>
			</section>
		</div>
	);
}

function Answered({ answer }: { answer: Answer }) {
	const { status, ms, headers, body, isCut } = answer;
	return (
		<div role="status" aria-label="Answer" className={styles.stack}>
			<h4>
				Answer: {status} after {ms} ms{isCut ? ", its beginning" : ""}
			</h4>
			<ul className={styles.headers}>
				{headers.map(([name, value]) => (
					<li key={name}>
						<code>
							{name}: {value}
						</code>
					</li>
				))}
			</ul>
			{body === null ? (
				<p className={styles.hint}>It has no body.</p>
			) : typeof body === "string" ? (
				<Shown title="Body" text={body} />
			) : (
				<Json value={body} label="Body of the answer" />
			)}
		</div>
	);
}
