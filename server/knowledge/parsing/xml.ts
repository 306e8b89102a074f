import { SaxesParser } from "saxes";
import { unreadable } from "./failure";

const deepest = 2_000;

export type XmlHandlers = {
	/** Names come without their prefix. */
	open?: (name: string, attributes: Attributes) => void;
	text?: (text: string) => void;
	close?: (name: string) => void;
};
export type Attributes = { get: (name: string) => string | undefined };

/** Reads a part of an office file from its beginning to its end. Office never writes a DOCTYPE; entities in one can grow without end. */
export function readXml(part: Buffer, { open, text, close }: XmlHandlers): void {
	const parser = new SaxesParser({ xmlns: false, position: false });
	let depth = 0;
	const broken = (cause?: unknown): never => {
		throw unreadable("damaged", { cause });
	};
	parser.on("error", broken);
	parser.on("doctype", broken);
	parser.on("opentag", (tag) => {
		if (++depth > deepest) throw unreadable("nested");
		open?.(localName(tag.name), { get: (name) => attributeOf(tag.attributes, name) });
	});
	parser.on("closetag", (tag) => {
		depth--;
		close?.(localName(tag.name));
	});
	if (text) {
		parser.on("text", text);
		parser.on("cdata", text);
	}
	parser.write(decodeXml(part)).close();
}

/** `r:id` by its whole name, `state` by its own. */
function attributeOf(attributes: Record<string, string>, name: string): string | undefined {
	if (Object.hasOwn(attributes, name)) return attributes[name];
	const found = Object.keys(attributes).find((one) => localName(one) === name);
	return found === undefined ? undefined : attributes[found];
}

const localName = (name: string) => name.slice(name.indexOf(":") + 1);

export function decodeXml(part: Buffer): string {
	const mark = part.subarray(0, 2).toString("hex");
	if (mark === "fffe") return new TextDecoder("utf-16le").decode(part);
	if (mark === "feff") return new TextDecoder("utf-16be").decode(part);
	return part.toString("utf8").replace(/^\ufeff/, "");
}
