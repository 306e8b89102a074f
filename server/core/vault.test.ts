import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type SealedPlace, seal, unseal, VaultProblem, vaultKey } from "./vault";

const place: SealedPlace = { table: "audit_streams", row: "1", column: "secret", version: 1 };

describe("a sealed secret", () => {
	test.each(["whsec_c2VjcmV0", "", "ä".repeat(5_000), "line\nbreak\u0000"])("comes out as it went in: %#", (plain) => {
		const sealed = seal(plain, place);
		expect(unseal(sealed, place)).toBe(plain);
		if (plain) expect(sealed).not.toContain(plain);
	});

	test("never looks the same twice", () => {
		const many = Array.from({ length: 2_000 }, () => seal("same", place));
		const parts = many.flatMap((one) => one.split(".").slice(2));
		expect(new Set(parts.map((part) => part.slice(0, 16))).size).toBe(parts.length);
	});

	test.each([
		{ table: "oauth_clients" },
		{ row: "2" },
		{ column: "url" },
		{ version: 2 },
		{ row: "1|secret", column: "" },
	])("opens nowhere but in its place: %o", (other) => {
		expect(() => unseal(seal("here", place), { ...place, ...other })).toThrow(VaultProblem);
	});

	test("that was changed in any byte is refused, always with the same words", () => {
		const sealed = seal("a secret", place);
		const messages = new Set<string>();
		for (let at = 0; at < sealed.length; at++) {
			const changed = `${sealed.slice(0, at)}${sealed[at] === "A" ? "B" : "A"}${sealed.slice(at + 1)}`;
			// The last digits of base64 may stand for no byte at all.
			if (sameBytes(changed, sealed)) continue;
			expect(() => unseal(changed, place), `byte ${at}`).toThrow(VaultProblem);
			try {
				unseal(changed, place);
			} catch (error) {
				messages.add(String(error));
			}
		}
		expect(messages.size).toBe(1);
	});

	test.each(["", "v1", "v1...", "v2.a.b.c", "v1.0.AA.AA", "null"])("that is none at all is refused: %j", (text) => {
		expect(() => unseal(text, place)).toThrow(VaultProblem);
	});

	test("opens with a former key after a change of keys, and no more once that is gone", () => {
		const [before, after] = [vaultKey(randomBytes(32)), vaultKey(randomBytes(32))];
		const sealed = seal("kept", place, [before]);
		expect(unseal(sealed, place, [after, before])).toBe("kept");
		const again = seal(unseal(sealed, place, [after, before]), place, [after, before]);
		expect(unseal(again, place, [after])).toBe("kept");
		expect(() => unseal(sealed, place, [after])).toThrow(VaultProblem);
		expect(sealed).not.toContain(before.key.toString("base64url"));
	});
});

const sameBytes = (one: string, other: string) => {
	const bytes = (text: string) => text.split(".").map((part) => Buffer.from(part, "base64url").toString("hex"));
	return one.split(".")[1] === other.split(".")[1] && one.startsWith("v1.") && `${bytes(one)}` === `${bytes(other)}`;
};
