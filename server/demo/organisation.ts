import type { Role } from "@/server/core/permissions";

/** Who works at Marrowby Harbour & Ferries, as far as the demo tells. Neither it nor they exist. */
export const people = {
	ingrid: person("Ingrid Halloran", "owner", "Managing director"),
	tobias: person("Tobias Renn", "admin", "Head of IT"),
	maren: person("Maren Oyelaran", "builder", "Digital services"),
	callum: person("Callum Strand", "operator", "Marine superintendent"),
	priya: person("Priya Nandakumar", "staff", "People team"),
	jonas: person("Jonas Feld", "staff", "Technical manager"),
	lea: person("Lea Sorensen", "viewer", "Supervisor, terminal Marrowby"),
	ruth: person("Ruth Abara", "auditor", "Internal audit"),
} as const satisfies Record<string, Person>;

export type Person = { name: string; role: Role; post: string; email: string };
export type PersonKey = keyof typeof people;
/** In the order in which they are made: the owner makes the others. */
export const personKeys = Object.keys(people).filter((key): key is PersonKey => key in people);

function person(name: string, role: Role, post: string): Person {
	return { name, role, post, email: `${name.toLowerCase().replaceAll(" ", ".")}@marrowby.example` };
}
