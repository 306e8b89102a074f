import { crc32, inflateRawSync } from "node:zlib";
import { unreadable } from "./failure";

const mostUnpacked = 100 * 1024 * 1024;
const mostEntries = 1000;
const mostRatio = 100;
/** Small files may shrink by more than the ratio without being a danger. */
const ratioFrom = 1024 * 1024;

type Entry = { name: string; method: number; packed: number; size: number; offset: number; isLink: boolean };
/** What an archive and the archives in it may have together. */
type Budget = { bytes: number; entries: number };

/** In the high half of the attributes, where the archive was made on a system that has links. */
const linkMode = 0xa000;
const modeMask = 0xf000;

/** An archive's entries by name, unpacked on demand. Sizes are never believed: unpacking stops at the budget. */
export class ZipReader {
	private readonly entries: Map<string, Entry>;

	constructor(
		private readonly file: Buffer,
		private readonly budget: Budget = { bytes: mostUnpacked, entries: mostEntries },
	) {
		const entries = readDirectory(file);
		budget.entries -= entries.length;
		const declared = entries.reduce((sum, entry) => sum + entry.size, 0);
		const isBomb = entries.some((entry) => entry.size > ratioFrom && entry.size > entry.packed * mostRatio);
		if (budget.entries < 0 || declared > budget.bytes || isBomb) throw unreadable("unpacksTooLarge");
		this.entries = new Map(entries.map((entry) => [entry.name, entry]));
	}

	names(): string[] {
		return [...this.entries.keys()];
	}

	list(): { name: string; isLink: boolean }[] {
		return [...this.entries.values()];
	}

	/** Null where there is no such entry. */
	read(name: string): Buffer | null {
		const entry = this.entries.get(name);
		if (!entry) return null;
		const content = unpack(this.file, entry, this.budget.bytes);
		this.budget.bytes -= content.length;
		return content;
	}

	/** An archive that is an entry of this one, within what is left of its budget. */
	inner(file: Buffer): ZipReader {
		return new ZipReader(file, this.budget);
	}
}

function readDirectory(file: Buffer): Entry[] {
	const end = file.lastIndexOf(Buffer.from("504b0506", "hex"));
	if (end < 0 || end + 22 > file.length) throw unreadable("damaged");
	const entries: Entry[] = [];
	let at = file.readUInt32LE(end + 16);
	const count = file.readUInt16LE(end + 10);
	for (let i = 0; i < count; i++) {
		if (at + 46 > file.length || file.readUInt32LE(at) !== 0x02014b50) throw unreadable("damaged");
		// Bit 0 of the flags: this entry is encrypted.
		if (file.readUInt16LE(at + 8) & 1) throw unreadable("encrypted");
		const nameLength = file.readUInt16LE(at + 28);
		const isUnix = file.readUInt8(at + 5) === 3 || file.readUInt8(at + 5) === 19;
		entries.push({
			name: file.toString("utf8", at + 46, at + 46 + nameLength),
			method: file.readUInt16LE(at + 10),
			packed: file.readUInt32LE(at + 20),
			size: file.readUInt32LE(at + 24),
			offset: file.readUInt32LE(at + 42),
			isLink: isUnix && (file.readUInt16LE(at + 40) & modeMask) === linkMode,
		});
		at += 46 + nameLength + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
	}
	return entries;
}

function unpack(file: Buffer, entry: Entry, budget: number): Buffer {
	const { offset } = entry;
	if (offset + 30 > file.length || file.readUInt32LE(offset) !== 0x04034b50) throw unreadable("damaged");
	const start = offset + 30 + file.readUInt16LE(offset + 26) + file.readUInt16LE(offset + 28);
	const packed = file.subarray(start, start + entry.packed);
	if (packed.length < entry.packed) throw unreadable("damaged");
	if (entry.method === 0) return packed;
	if (entry.method !== 8) throw unreadable("damaged");
	try {
		return inflateRawSync(packed, { maxOutputLength: Math.max(1, Math.min(budget, entry.size + 1)) });
	} catch (error) {
		const isTooLarge = error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
		throw unreadable(isTooLarge ? "unpacksTooLarge" : "damaged", { cause: error });
	}
}

/** An archive of the given entries, not compressed. */
export function writeZip(entries: Map<string, Buffer>): Buffer {
	const locals: Buffer[] = [];
	const directory: Buffer[] = [];
	let offset = 0;
	for (const [name, content] of entries) {
		const bytes = Buffer.from(name);
		const facts = Buffer.alloc(26);
		facts.writeUInt16LE(20, 0);
		facts.writeUInt32LE(crc32(content), 10);
		facts.writeUInt32LE(content.length, 14);
		facts.writeUInt32LE(content.length, 18);
		facts.writeUInt16LE(bytes.length, 22);
		locals.push(Buffer.from("504b0304", "hex"), facts, bytes, content);
		const tail = Buffer.alloc(14);
		tail.writeUInt32LE(offset, 10);
		directory.push(Buffer.from("504b01021400", "hex"), facts, tail, bytes);
		offset += 30 + bytes.length + content.length;
	}
	const index = Buffer.concat(directory);
	const end = Buffer.alloc(22);
	end.writeUInt32LE(0x06054b50, 0);
	end.writeUInt16LE(entries.size, 8);
	end.writeUInt16LE(entries.size, 10);
	end.writeUInt32LE(index.length, 12);
	end.writeUInt32LE(offset, 16);
	return Buffer.concat([...locals, index, end]);
}
