import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PersonKey } from "./organisation";

/** The demo's collections; each document is a file in `content/<folder>/` and the name that people see. */
export const library: readonly Shelf[] = [
	{
		name: "Staff handbook",
		description: "Leave, pay, hours, travel: what holds for everyone who works for us, ashore and on board.",
		access: "everyone",
		keeper: "priya",
		folder: "staff-handbook",
		documents: {
			"annual-leave.md": "Annual leave (shore staff).md",
			"crew-rotation-and-leave.pdf": "Crew rotation and leave.pdf",
			"sickness-absence.md": "Sickness absence.md",
			"parental-leave.html": "Parental leave.html",
			"working-hours-and-home-working.md": "Working hours and home working.md",
			"travel-and-expenses.docx": "Travel and expenses.docx",
			"probation-notice-references.txt": "Probation, notice and references.txt",
			"new-starters-first-month.md": "Your first month.md",
		},
	},
	{
		name: "IT & security",
		description: "Passwords, devices, assistants, and what to do when something looks wrong.",
		access: "everyone",
		keeper: "tobias",
		folder: "it-and-security",
		documents: {
			"security-incident-response.pdf": "Security incident response.pdf",
			"passwords-and-sign-in.md": "Passwords and sign-in.md",
			"phones-laptops-remote-work.html": "Phones, laptops and working remotely.html",
			"using-ai-assistants.md": "Using AI assistants at work.md",
			"it-service-desk.txt": "IT service desk.txt",
		},
	},
	{
		name: "Ferry operations",
		description: "What crews and the control room work by: checks, drills, limits, emergencies.",
		access: "everyone",
		keeper: "callum",
		folder: "ferry-operations",
		documents: {
			"daily-engine-checks.pdf": "Daily engine checks.pdf",
			"fire-and-abandon-ship-drills.docx": "Fire and abandon-ship drills on board.docx",
			"weather-limits-and-cancellations.md": "Weather limits and cancellations.md",
			"man-overboard-and-emergencies.md": "Man overboard and other emergencies.md",
			"dangerous-goods-and-vehicles.html": "Dangerous goods on the car deck.html",
		},
	},
	{
		name: "Facilities & purchasing",
		description: "Buildings, visitors, keys, fire ashore, and who may buy what.",
		access: "everyone",
		keeper: "jonas",
		folder: "facilities",
		documents: {
			"visitors-and-contractors.md": "Visitors and contractors.md",
			"fire-and-evacuation-ashore.md": "Fire and evacuation ashore.md",
			"keys-and-access-cards.html": "Keys and access cards.html",
			"purchasing-limits.docx": "Purchasing limits.docx",
		},
	},
	{
		name: "HR cases",
		description: "Confidential. People team only.",
		access: "private",
		keeper: "priya",
		folder: "hr-cases",
		documents: {
			"case-2026-014-rota-complaint.md": "Case 2026-014, rota complaint.md",
			"case-register-2026.md": "Case register 2026.md",
		},
	},
];

export type Shelf = {
	name: string;
	description: string;
	access: "private" | "everyone";
	/** Who makes it and brings its documents. */
	keeper: PersonKey;
	folder: string;
	documents: Readonly<Record<string, string>>;
};

/** From the source and from a bundle alike: the nearest folder above that has it. */
export function contentFolder(): string {
	for (let at = import.meta.dirname; at !== dirname(at); at = dirname(at)) {
		const folder = join(at, "server", "demo", "content");
		if (existsSync(folder)) return folder;
	}
	throw new Error("The folder server/demo/content is missing: install this version again.");
}
