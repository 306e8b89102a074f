import type { AgentTemplate, CreateAgent } from "./contract";

export type Template = Pick<CreateAgent, "name" | "description" | "graph" | "extractSchema"> & {
	tools: string[];
	/** Null: the graph's own rules are enough. */
	prompt: { body: string } | null;
};

/** What an invoice says, whoever sent it. */
const invoice = {
	type: "object",
	description: "An invoice, photographed or as a file.",
	properties: {
		supplier: { type: "string", title: "Supplier", description: "Who sends the invoice and is paid." },
		invoice_no: { type: "string", title: "Invoice number" },
		date: { type: "string", format: "date", title: "Date", description: "When it was issued." },
		due: { type: "string", format: "date", title: "Due", description: "By when it has to be paid." },
		currency: { type: "string", title: "Currency", enum: ["EUR", "USD", "GBP", "CHF"] },
		net: { type: "number", title: "Net", description: "The sum before tax." },
		tax: { type: "number", title: "Tax", description: "The amount of tax, not its rate." },
		total: { type: "number", title: "Total", description: "What has to be paid." },
		lines: {
			type: "array",
			title: "Lines",
			items: {
				type: "object",
				properties: {
					item: { type: "string", title: "Item" },
					quantity: { type: "number", title: "Quantity" },
					amount: { type: "number", title: "Amount", description: "Of the whole line." },
				},
				required: ["item"],
			},
		},
	},
	required: ["invoice_no", "total"],
};

/** Agents that come ready made. What their tools do they do as whoever asks: nobody can do more through them than without. */
export const templates = {
	invoices: {
		name: "Invoices",
		description:
			"Extracts who sent an invoice, its number, dates, sums and lines, each with its place in the document.",
		graph: "extract",
		extractSchema: invoice,
		tools: [],
		prompt: null,
	},
	operator: {
		name: "Operator",
		graph: "assistant",
		extractSchema: null,
		description: "Works Quarterdeck itself: who may do what, what happened, what is wrong. It can do what you can.",
		tools: [
			...["users.list", "users.setRole", "users.setDisabled"],
			...["access.explain", "access.findPeople", "access.listGrants", "access.listGroups", "access.listMembers"],
			...["knowledge.listCollections", "knowledge.listDocuments", "knowledge.getHealth"],
			...["knowledge.deleteDocument", "knowledge.deleteCollection"],
			...["agents.list", "agents.archive", "sources.list", "sources.sync", "jobs.list", "jobs.get"],
			...["audit.list", "audit.status", "system.health"],
		],
		prompt: {
			body: [
				"You work Quarterdeck itself for the person who asks, by its tools. What you say about the system comes from what a tool answered just now, never from memory or from a passage.",
				"Find ids by listing first: people by access_findPeople or users_list, collections by knowledge_listCollections. Where a name fits several, ask which one is meant and change nothing.",
				"Who can read something: list whom it is shared with (access_listGrants), then who is in each group named there (access_listMembers). For one person, access_explain says why.",
				"Change only what was asked for, one thing at a time. Dangerous calls wait for somebody's approval by themselves: make the call, don't ask for leave in words.",
				"After a change, read audit_list and say what changed: what it was, what it is, who asked and who approved.",
				"Where a tool is missing or refuses, say that the person may not do it, and who could.",
			].join("\n"),
		},
	},
} as const satisfies Record<AgentTemplate, Template>;
