import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { describeEnvProblem, Env } from "@/server/core/env";
import { isStrongSecret } from "@/server/core/secret-strength";
import { corpus } from "@/tests/support/corpora";

// T22: a secret that is weak or that somebody published stops the start with one line.

const weak = corpus<{ secret: string }>("weak_jwt_secrets", [
	{ secret: "secret" },
	{ secret: "changeme-changeme-changeme-changeme-changeme" },
	{ secret: "a".repeat(64) },
	{ secret: "0123456789abcdef".repeat(2) },
	{ secret: "4abbcdd2-6726-45e5-a648-8df37def146f" },
	// As random as can be, and on the internet.
	{ secret: "Kwlrof1SeEUKpMpzlkIiydSwJf3D4FK8SIGCXRFipp7lT7pOBHMXFQMTvrauOFdz" },
	{ secret: "B4B654FE0AE4A3DE7AAB4F6A80D100101599346947F4CA932164FE58B1144B2C" },
]);

describe.each(["QD_AUTH_SECRET", "QD_AUDIT_KEY"])("%s", (name) => {
	test("that is weak or known is refused in one line that doesn't repeat it", () => {
		for (const { secret } of weak) {
			const parsed = Env.safeParse({ [name]: secret });
			expect(parsed.success, secret).toBe(false);
			if (parsed.success) continue;
			const line = describeEnvProblem(parsed.error);
			expect(line).toMatch(new RegExp(`^${name} is weak or publicly known: [^\\n]+$`));
		}
	});
});

test("what a machine made is taken in every usual form", () => {
	for (let round = 0; round < 200; round += 1) {
		const bytes = randomBytes(32);
		const forms = [bytes.toString("hex"), bytes.toString("hex").toUpperCase(), bytes.toString("base64url")];
		for (const secret of forms) expect(isStrongSecret(secret), secret).toBe(true);
	}
});
