import { createHash } from "node:crypto";

/** As much of a body as is read only to tell whether it is the same as an earlier one. */
const mostRead = 64 * 1024 * 1024;

/** A raw body whose bytes are hashed as they are read, so that a repeated upload can be told from another one. */
export class HashedBody {
	readonly stream: ReadableStream<Uint8Array>;
	private readonly hash = createHash("sha256");
	private size = 0;

	constructor(body: ReadableStream<Uint8Array>) {
		const count = (bytes: Uint8Array) => {
			this.size += bytes.byteLength;
			this.hash.update(bytes);
		};
		this.stream = body.pipeThrough(
			new TransformStream<Uint8Array, Uint8Array>({
				transform: (bytes, out) => {
					count(bytes);
					out.enqueue(bytes);
				},
			}),
		);
	}

	/** Of what was read; once only. */
	digest(): string {
		return this.hash.digest("hex");
	}

	/** Reads what nobody else will, and says what all of it comes to. */
	async drain(): Promise<string> {
		const reader = this.stream.getReader();
		for (let next = await reader.read(); !next.done; next = await reader.read())
			if (this.size > mostRead) {
				await reader.cancel();
				break;
			}
		return this.digest();
	}
}
