import { randomBytes } from "node:crypto";
import { hash } from "@node-rs/argon2";
import { describe, expect, test } from "vitest";
import { Password, PasswordWithFactor } from "@/server/users/contract";
import { corpus } from "@/tests/support/corpora";
import { expectGoodPassword, hashPassword, isOutdated, verifyPassword } from ".";
import { whyRefused } from "./rules";

const ana = { name: "Ana Silva-Duarte", email: "ana.duarte@harbourline.example", hasFactor: false };
const withFactor = { ...ana, hasFactor: true };

describe("a password is refused", () => {
	test.each([
		["short", "fourteen chars", "15 characters"],
		["one that everybody knows", "sonyericsson123", "tried first"],
		["known, in capitals", "PassWordPassWord", "tried first"],
		["known, with signs for letters", "!!!P@$$w0rd!!!!!", "tried first"],
		["known, with figures around it", "2024password2025", "tried first"],
		["two known ones in a row", "iloveyoudragonball", "tried first"],
		["one sign again and again", "aaaaaaaaaaaaaaaaaaaa", "repeats itself"],
		["a few signs again and again", "abcdeabcdeabcdeabc", "repeats itself"],
		["the keyboard", "asdfghjklpoiuytrewq", "repeats itself"],
		["the alphabet backwards", "zyxwvutsrqponmlkji", "repeats itself"],
		["counting", "234567890123456789", "repeats itself"],
		["the person's name", "ana-silva-duarte-2026", "your name"],
		["their address", "ana.duarte@harbourline.example", "your name"],
		["this place", "QuarterDeckQuarterDeck", "your name"],
		["the organisation", "harbourline-harbourline", "your name"],
	])("%s: %s", (_, password, why) => {
		expect(whyRefused(password, ana)).toContain(why);
	});

	test("past 1,024 bytes, counted as bytes", () => {
		const kilobyte = randomBytes(512).toString("hex");
		expect(whyRefused(kilobyte, ana)).toBeNull();
		expect(whyRefused(`${kilobyte}x`, ana)).toContain("1,024 bytes");
		expect(whyRefused("ü".repeat(300) + kilobyte.slice(0, 500), ana)).toContain("1,024 bytes");
		expect(Password.safeParse("ü".repeat(600)).success).toBe(false);
	});

	test("with the field that it stands in", () => {
		expect.assertions(1);
		try {
			expectGoodPassword("next", "short", ana);
		} catch (error) {
			expect(error).toMatchObject({ code: "INVALID_INPUT", cause: { issues: [{ path: ["next"] }] } });
		}
	});
});

describe("a password is taken", () => {
	test.each([
		["a sentence in small letters", "my uncle grows pale tomatoes"],
		["without any letter", "⚓⛵🌊🐟🦀🐙⚓🦑🐳🐋🦈🐠🐡🌊⛵"],
		["in another script", "мой дядя выращивает томаты"],
		["with spaces at its ends", "  nine crooked lamp posts "],
		["that names the place among other words", "the quarterdeck was wet at dawn"],
		["of 64 and more", "every gull on the pier knows which bag holds the chips tonight"],
	])("%s", (_, password) => {
		expect(whyRefused(password, ana)).toBeNull();
		expect(Password.safeParse(password).data).toBe(password);
	});

	test("of 8 characters where a second factor stands behind it, and of no fewer", () => {
		expect(whyRefused("gx8!vqpl", withFactor)).toBeNull();
		expect(whyRefused("gx8!vqpl", ana)).toContain("15 characters");
		expect(whyRefused("gx8!vqp", withFactor)).toContain("8 characters");
		expect(PasswordWithFactor.safeParse("gx8!vqp").success).toBe(false);
	});

	test("nearly always where it is random", () => {
		const refused = Array.from({ length: 2_000 }, () => randomBytes(6).toString("base64url")).filter((one) =>
			whyRefused(one, withFactor),
		);
		expect(refused.length).toBeLessThan(5);
	});
});

/** A few of the first of everybody's lists, for where the large one is not at hand. */
const few = [
	"password",
	"12345678",
	"iloveyou",
	"football1",
	"sunshine",
	"princess",
	"baseball",
	"trustno1",
	"qwertyuiop",
	"1qaz2wsx",
];

test("no common password gets through, also where a second factor stands behind it", () => {
	const common = corpus(
		"common_passwords_min8",
		few.map((password) => ({ password })),
	).map(({ password }) => password);
	const through = common.filter((one) => !whyRefused(one, withFactor) || !whyRefused(one.toUpperCase(), withFactor));
	expect(through).toEqual([]);
});

describe("a hash", () => {
	test("takes a password to its last character: no case, space or length is lost", async () => {
		const password = `${"a".repeat(80)} Z`;
		const kept = await hashPassword(password);
		expect(await verifyPassword(kept, password)).toBe(true);
		for (const other of [`${"a".repeat(80)} z`, `${password} `, password.slice(0, -1), `${"a".repeat(80)}Z`])
			expect(await verifyPassword(kept, other)).toBe(false);
	});

	test("knows the same letters put together in another way", async () => {
		const kept = await hashPassword("un café très serré, à emporter".normalize("NFD"));
		expect(await verifyPassword(kept, "un café très serré, à emporter".normalize("NFC"))).toBe(true);
	});

	test("is argon2id at OWASP's cost or more, and one of another cost is known as outdated", async () => {
		const kept = await hashPassword("my uncle grows pale tomatoes");
		expect(kept).toMatch(/^\$argon2id\$v=19\$m=47104,t=1,p=1\$/);
		expect(isOutdated(kept)).toBe(false);
		expect(
			isOutdated(await hash("my uncle grows pale tomatoes", { memoryCost: 19_456, timeCost: 2, parallelism: 1 })),
		).toBe(true);
	});

	test("that is not there is right for no password", async () => {
		expect(await verifyPassword(null, "nobody has this password")).toBe(false);
	});

	test("is not made for a crowd without end: who comes too late is told to come again", async () => {
		const cheap = await hash("x", { memoryCost: 8, timeCost: 1, parallelism: 1 });
		const crowd = await Promise.allSettled(Array.from({ length: 230 }, () => verifyPassword(cheap, "x")));
		const turnedAway = crowd.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
		expect(turnedAway).toContainEqual(expect.objectContaining({ code: "UNAVAILABLE", retryAfterSeconds: 10 }));
		expect(crowd.filter((one) => one.status === "fulfilled").length).toBeGreaterThan(0);
	});
});
