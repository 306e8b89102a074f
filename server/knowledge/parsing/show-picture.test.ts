import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { pictureBomb } from "@/tests/support/bombs";
import { photographInvoice } from "@/tests/support/invoices";
import { preparePicture } from "./parse-file";

let folder: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "quarterdeck-pictures-"));
});

let made = 0;
async function prepare(content: Buffer, mediaType: string): Promise<Buffer> {
	const path = join(folder, String(++made));
	await writeFile(path, content);
	return preparePicture(path, mediaType);
}

test("a photograph comes out upright, small enough, as a JPEG without where and with what it was taken", async () => {
	const photograph = await photographInvoice();
	const before = await sharp(photograph).metadata();
	expect(before).toMatchObject({ orientation: 6, exif: expect.any(Buffer) });
	const shown = await prepare(photograph, "image/jpeg");
	const after = await sharp(shown).metadata();
	expect(after.format).toBe("jpeg");
	expect(Math.max(after.width, after.height)).toBeLessThanOrEqual(1_568);
	// It lay on its side: what was wide is high, and the other way round.
	expect(after.width > after.height).toBe(before.width < before.height);
	for (const metadata of [after.exif, after.xmp, after.iptc, after.icc, after.orientation])
		expect(metadata).toBeUndefined();
	expect(shown.includes("Stand-in")).toBe(false);
});

test("a picture of 10 MB is made small in its own process", async () => {
	const noise = { type: "gaussian" as const, mean: 128, sigma: 60 };
	const large = await sharp({ create: { width: 3_600, height: 2_800, channels: 3, background: "#fff", noise } })
		.jpeg({ quality: 97 })
		.toBuffer();
	expect(large.length).toBeGreaterThan(10_000_000);
	const shown = await sharp(await prepare(large, "image/jpeg")).metadata();
	expect([shown.width, shown.height]).toEqual([1_568, 1_220]);
});

test("a small file that says it is a picture of 900 million points is refused before it is unpacked", async () => {
	await expect(prepare(pictureBomb(), "image/png")).rejects.toThrow(/more than 40 million points/);
});

test("what is no picture, or another than it says, is refused", async () => {
	await expect(prepare(Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"), "image/png")).rejects.toThrow(
		/ending says/,
	);
	await expect(prepare(Buffer.from("ffd8ffe000104a464946", "hex"), "image/jpeg")).rejects.toThrow(/damaged/);
});
