// Proves an export of the audit's chain, with nothing but Node: the product and `npm run audit:verify` both use it.

import { createPublicKey, hash, verify } from "node:crypto";

const newline = 10;

/** RFC 8785 for what JSON.parse gives: keys sorted, nothing between. */
export function canonical(value) {
	if (value === null || typeof value !== "object") return JSON.stringify(value);
	if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
	const keys = Object.keys(value).sort();
	return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

/** Public keys of a PEM file, by the name that checkpoints call them. */
export function readKeys(pem) {
	const found = pem.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? [];
	return new Map(
		found.map((one) => {
			const key = createPublicKey(one);
			return [hash("sha256", key.export({ format: "der", type: "spki" }), "hex").slice(0, 16), key];
		}),
	);
}

/** Checkpoints of a file: one JSON a line, or one alone. */
export function readCheckpoints(text) {
	const trimmed = text.trim();
	if (trimmed === "") return [];
	try {
		const alone = JSON.parse(trimmed);
		return Array.isArray(alone) ? alone : [alone];
	} catch {
		return trimmed.split("\n").map((line) => JSON.parse(line));
	}
}

const checkpointHash = (checkpoint) => hash("sha256", canonical(checkpoint), "hex");

/** What is wrong with checkpoints by themselves: a bad signature, an unknown key, or two histories. Null when nothing is. */
export function checkCheckpoints(checkpoints, keys) {
	const places = new Map();
	for (const [index, checkpoint] of checkpoints.entries()) {
		const { signature, ...signed } = checkpoint;
		const bad = (kind, message) => ({ seq: checkpoint.size, kind, message });
		const key = keys.get(checkpoint.kid);
		if (!key)
			return bad(
				"checkpoint",
				`the checkpoint of entry ${checkpoint.size} is signed by ${checkpoint.kid}, whose key is not given`,
			);
		if (!verify(null, Buffer.from(canonical(signed)), key, Buffer.from(String(signature), "base64")))
			return bad("checkpoint", `the signature of the checkpoint of entry ${checkpoint.size} is not valid`);
		const before = checkpoints[index - 1];
		// Each names the one before it. A file may hold a choice of them, but never two that follow the same one.
		const place = places.get(checkpoint.prev) ?? index - 1;
		if (before && (checkpoint.chain !== before.chain || checkpoint.size <= before.size || place !== index - 1))
			return bad(
				"fork",
				`the checkpoints of entries ${before.size} (${before.time}) and ${checkpoint.size} (${checkpoint.time}) do not follow each other: there are two histories`,
			);
		places.set(checkpointHash(checkpoint), index);
	}
	return null;
}

/** Takes the lines of an export one by one. `problem` is the first thing that does not hold, and stays it. */
export class ChainVerifier {
	problem = null;
	entries = 0;
	from = 0;
	seq = 0;
	proven = 0;
	#root = Buffer.alloc(32);
	#bytes = Buffer.allocUnsafe(64 * 1024);
	#checkpoints;
	#next = 0;
	#chain = null;
	#isPart;

	/** `isPart`: the export may end before the last checkpoint. */
	constructor({ keys, checkpoints, isPart = false }) {
		const seen = new Set();
		this.#checkpoints = checkpoints.filter((one) => {
			const key = canonical(one);
			return !seen.has(key) && seen.add(key);
		});
		this.#isPart = isPart;
		this.problem = checkCheckpoints(this.#checkpoints, keys);
	}

	#fail(seq, kind, message) {
		this.problem ??= { seq, kind, message };
		return false;
	}

	/** One line without its end; false once something does not hold. */
	take(line) {
		if (this.problem) return false;
		if (this.#chain === null) return this.#takeHeader(line);
		return this.#takeEntry(line);
	}

	#takeHeader(line) {
		let header;
		try {
			header = JSON.parse(line.toString());
		} catch {
			header = null;
		}
		if (header?.format !== "quarterdeck audit chain" || header.v !== 1)
			return this.#fail(0, "format", "this is no export of an audit chain");
		this.#chain = header.chain;
		this.from = header.from;
		this.seq = header.from - 1;
		this.#root = Buffer.from(header.prev, "hex");
		if (header.from === 1 && this.#root.compare(hash("sha256", header.chain, "buffer")) !== 0)
			return this.#fail(1, "rewritten", "the chain does not begin where a chain begins");
		const other = this.#checkpoints.find((one) => one.chain !== header.chain);
		if (other)
			return this.#fail(
				header.from,
				"fork",
				`the checkpoint of entry ${other.size} is of another chain: ${other.chain}`,
			);
		// Those before the first entry can only be compared where one ends exactly there.
		while (this.#next < this.#checkpoints.length && this.#checkpoints[this.#next].size < header.from) {
			const { size, root } = this.#checkpoints[this.#next++];
			if (size === header.from - 1 && root !== header.prev)
				return this.#fail(header.from, "rewritten", `what came before entry ${header.from} is not what was signed`);
		}
		return true;
	}

	/** `{"seq":1,"hash":"…","bytes":n,"event":{…n bytes…},"personal":{…}}`: the event is hashed as it stands. */
	#takeEntry(line) {
		const expected = this.seq + 1;
		const head = /^\{"seq":(\d+),"hash":"([0-9a-f]{64})","bytes":(\d+),"event":/.exec(
			line.subarray(0, 160).toString("latin1"),
		);
		if (!head) return this.#fail(expected, "format", `the line of entry ${expected} can't be read`);
		const seq = Number(head[1]);
		const start = head[0].length;
		const end = start + Number(head[3]);
		if (line.subarray(end, end + 12).toString("latin1") !== ',"personal":' || line[line.length - 1] !== 125)
			return this.#fail(expected, "format", `the line of entry ${expected} can't be read`);
		if (seq > expected)
			return this.#fail(expected, "deleted", `entry ${expected} is missing: ${seq} stands in its place`);
		if (seq < expected)
			return this.#fail(
				expected,
				"inserted",
				`entry ${seq} stands in the place of ${expected}: it is doubled or moved`,
			);
		const root = this.#hashOf(seq, line, start, end);
		if (root.toString("hex") !== head[2])
			return this.#fail(seq, "edited", `entry ${seq} is not what was sealed, or the one before it is not`);
		const kept = this.#isKept(line, start, end);
		if (kept !== null) return this.#fail(seq, "edited", `entry ${seq}: ${kept}`);
		this.#root = root;
		this.seq = seq;
		this.entries++;
		return this.#meetsCheckpoints(root);
	}

	#hashOf(seq, line, start, end) {
		const length = 41 + end - start;
		if (this.#bytes.length < length) this.#bytes = Buffer.allocUnsafe(length * 2);
		this.#bytes[0] = 0;
		this.#root.copy(this.#bytes, 1);
		this.#bytes.writeUInt32BE(Math.floor(seq / 2 ** 32), 33);
		this.#bytes.writeUInt32BE(seq % 2 ** 32, 37);
		line.copy(this.#bytes, 41, start, end);
		return hash("sha256", this.#bytes.subarray(0, length), "buffer");
	}

	/** Names and addresses must be what the event is committed to, where they were not erased. */
	#isKept(line, start, end) {
		try {
			const event = JSON.parse(line.utf8Slice(start, end));
			const personal = JSON.parse(line.utf8Slice(end + 12, line.length - 1));
			for (const part of ["actor", "subject"]) {
				const kept = personal[part];
				if (!kept) continue;
				const bytes = Buffer.concat([Buffer.from(kept.salt, "hex"), Buffer.from(canonical(kept.data))]);
				if (hash("sha256", bytes, "hex") !== event[part]) return `its personal data (${part}) is not what was sealed`;
			}
			return null;
		} catch {
			return "it can't be read";
		}
	}

	#meetsCheckpoints(root) {
		while (this.#checkpoints[this.#next]?.size === this.seq) {
			if (this.#checkpoints[this.#next].root !== root.toString("hex")) {
				const first = Math.max(this.proven + 1, this.from);
				return this.#fail(
					first,
					"rewritten",
					`entries ${first} to ${this.seq} hold together, but are not those that were signed: this history was rewritten, forked, or restored from an older one`,
				);
			}
			this.proven = this.seq;
			this.#next++;
		}
		return true;
	}

	/** After the last line. */
	end() {
		const last = this.#checkpoints.at(-1);
		if (!this.problem && this.#chain === null) this.#fail(0, "format", "the export is empty");
		if (!this.problem && last && last.size > this.seq && !this.#isPart)
			this.#fail(
				this.seq + 1,
				"truncated",
				`entries ${this.seq + 1} to ${last.size} are missing: they were signed on ${last.time}`,
			);
		return {
			isValid: this.problem === null,
			chain: this.#chain,
			from: this.from,
			to: this.seq,
			entries: this.entries,
			/** The last entry that a checkpoint proves. */
			proven: this.proven,
			problem: this.problem,
		};
	}
}

/** The lines of a stream of bytes, as views that are valid until the next one is asked for. */
export async function* linesOf(stream) {
	let rest = null;
	for await (const chunk of stream) {
		let bytes = rest ? Buffer.concat([rest, chunk]) : chunk;
		let from = 0;
		for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, from)) {
			yield bytes.subarray(from, at);
			from = at + 1;
		}
		bytes = bytes.subarray(from);
		rest = bytes.length > 0 ? bytes : null;
	}
	if (rest) yield rest;
}
