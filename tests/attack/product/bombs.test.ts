import { expect, test } from "vitest";
import { archiveBomb, docxBomb, pdfBomb, pictureBomb } from "@/tests/support/bombs";
import { connect } from "@/tests/support/client";
import { until } from "@/tests/support/until";
import { accounts, asConsole, query, url } from "./ask";

// T27: twenty files that burst whoever unpacks them, at once: each fails by itself with its reason, and what comes after them goes on.

const pdf = pdfBomb();
const kinds: ((n: number) => [string, Buffer])[] = [
	(n) => [`bomb-${n}.pdf`, Buffer.concat([pdf, Buffer.from(`\n% ${n}`)])],
	(n) => [`bomb-${n}.png`, Buffer.concat([pictureBomb(), Buffer.from(`${n}`)])],
	(n) => [`bomb-${n}.zip`, archiveBomb(n)],
	(n) => [`bomb-${n}.docx`, docxBomb(n)],
];
const bombs = Array.from({ length: 20 }, (_, n) => kinds[n % kinds.length]?.(n)).filter((one) => one !== undefined);

test("twenty bombs at once", async () => {
	const { api } = await connect(url, accounts.builder);
	const { id: collectionId } = await api.knowledge.createCollection.mutate({ name: "Bombs" });
	const bring = async (name: string, content: Buffer) => {
		const { uploadId } = await api.knowledge.upload.mutate(new Blob([new Uint8Array(content)]));
		return (await api.knowledge.addDocument.mutate({ collectionId, uploadId, name })).document.id;
	};
	const ids = await Promise.all(bombs.map(([name, content]) => bring(name, content)));
	const good = await bring("after.txt", Buffer.from("What comes after the bombs is read."));
	const stateOf = async (documentId: string) => {
		const { state, reason } = await api.knowledge.getDocument.query({ documentId });
		return ["ready", "failed"].includes(state) && { state, reason };
	};
	for (const [at, id] of ids.entries()) {
		expect(await until(() => stateOf(id), 120_000), bombs[at]?.[0]).toEqual({
			state: "failed",
			reason: expect.stringMatching(/^.{15,}$/),
		});
		// Others are answered meanwhile.
		expect((await query("auth.me", {}, asConsole("viewer"))).status).toBe(200);
	}
	expect(await until(() => stateOf(good), 60_000)).toMatchObject({ state: "ready" });
}, 300_000);
