type Figure = { bench: string; metric: string; value: number; unit: string; baseline: number; n: number };

/** One line on standard output, where nothing else goes. */
export function report(figure: Figure): void {
	console.log(JSON.stringify({ ...figure, value: Math.round(figure.value * 100) / 100 }));
}

export function median(values: number[]): number {
	return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const subjects = [
	["annual leave", "All staff get 25 days of annual leave a year, agreed with their manager two weeks ahead"],
	["travel expenses", "Travel expenses are paid back within ten working days when the receipts are attached"],
	["the fire drill", "The fire drill takes place on the first Monday of March and the safety officer signs its report"],
	["remote work", "Remote work is possible on three days a week after the first ninety days of employment"],
	["visitor badges", "Visitor badges are given out at the front desk and returned before five in the afternoon"],
	["parental leave", "Parental leave lasts sixteen weeks at full pay and may be taken in two parts"],
	["password resets", "Password resets are done by the service desk after a call back to the number on file"],
	["the server room", "The server room may be entered by two people together, and each visit stands in the log"],
	["supplier contracts", "Supplier contracts above five thousand euros need two offers and the signature of finance"],
	["sick notes", "Sick notes are due on the third day of absence and go to the people team"],
	["company cars", "Company cars are booked in the calendar and handed back with a full tank"],
	["data breaches", "Data breaches are reported to the privacy officer within two hours of their discovery"],
] as const;

/** A chapter of a handbook: a dozen passages about one subject. */
export function textOf(n: number): string {
	const [name, fact] = subjects[n % subjects.length] ?? subjects[0];
	const parts = Array.from({ length: 12 }, (_, part) =>
		[
			`## ${name}, part ${part + 1}`,
			`${fact}.`,
			`In office ${part + 1} the rule on ${name} is explained by the floor lead, who keeps a copy at desk ${part * 7 + 3}.`,
			`Questions about ${name} that this part does not answer go to the team in room ${part + 20}, which answers on the same day.`,
			"Exceptions are written down with their reason and looked through once a year by the management, who may end them.",
		].join("\n\n"),
	);
	return [`# Chapter ${n + 1}: ${name}`, ...parts].join("\n\n");
}

export function question(n: number): string {
	const [name] = subjects[n % subjects.length] ?? subjects[0];
	return `What is the rule on ${name} in office ${(n % 12) + 1}?`;
}
