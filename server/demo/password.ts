import { secret } from "@/server/core/secrets";

// No letters or digits that look alike.
const alphabet = "ABCDEFGHJKMNPQRSTVWXYZ23456789";

/** The password of all demo people: this installation's own, the same at each start, and in no file. */
export function demoPassword(): string {
	const letters = [...secret("demo")].slice(0, 20).map((byte) => alphabet[byte % alphabet.length]);
	const group = (index: number) => letters.slice(index * 4, index * 4 + 4).join("");
	return `quay-${[0, 1, 2, 3, 4].map(group).join("-")}`;
}
