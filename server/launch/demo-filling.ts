import type { ChildProcess } from "node:child_process";
import { lastWord } from "./errand";
import type { Message } from "./messages";

type Demo = Extract<Message, { kind: "demo" }>;

/** Waits for the process that fills in the demo, showing how far it is; answers with lines that say who can sign in, or what is missing. */
export async function watchDemo(child: ChildProcess, show: (hint: string) => void): Promise<string[]> {
	const last = await lastWord(child, (message) => {
		if (message.kind === "progress") show(message.text);
	});
	return describeOutcome(last);
}

function describeOutcome(last: Message | null): string[] {
	if (last?.kind === "demo") return describePeople(last);
	const why = last?.kind === "problem" ? last.message : "it ended early, see demo.log";
	return [`  ! The demo is not complete (${why}). npm start -- --demo goes on with it.`];
}

function describePeople({ password, people }: Demo): string[] {
	if (people.length === 0) return ["  The demo's accounts have passwords of their own."];
	const width = Math.max(...people.map(({ email }) => email.length));
	const lines = people.map(
		({ email, role, name, post }) => `    ${email.padEnd(width)}  ${role.padEnd(8)}  ${name}, ${post}`,
	);
	return [`\n  Sign in to the demo with one of these, and the password  ${password}`, ...lines];
}
