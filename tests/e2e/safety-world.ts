import type { Client } from "../support/client";

/** Policies, of which one has found something, and the pages that show them. */
export async function fillSafety(api: Client["api"]): Promise<Record<string, string>> {
	const off = { input: "off", retrieved: "off", arguments: "off", results: "off", output: "off" } as const;
	const mail = await api.safety.create.mutate({
		name: "Personal data stays in the house",
		detector: "personal",
		modes: { ...off, input: "warn", arguments: "redact", output: "shadow" },
		keepsWords: true,
	});
	await api.safety.create.mutate({
		name: "Names of ships that are not announced yet",
		detector: "pattern",
		settings: { patterns: [{ name: "ship", expression: "(?i)project [a-z]+-\\d{3}" }] },
		modes: { ...off, output: "block" },
	});
	await api.runs.start.mutate({ question: "Is olive@harbour.example or +49 30 901820 on leave on Sunday?" });
	return {
		safety: "/safety",
		policy: `/safety?open=${mail.id}`,
		editPolicy: `/safety?edit=${mail.id}`,
		newPolicy: "/safety?new=1",
		findings: "/safety/findings",
	};
}
