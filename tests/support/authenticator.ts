import { createHash, createSign, generateKeyPairSync, randomBytes } from "node:crypto";
import type { PasskeyAssertion, PasskeyRegistration } from "@/server/factors/contract";

const sha256 = (data: string | Buffer) => createHash("sha256").update(data).digest();

/** CBOR of what a passkey's registration holds: small numbers, texts, bytes and maps. */
function cbor(value: number | string | Buffer | Map<number | string, unknown>): Buffer {
	const head = (major: number, n: number) =>
		n < 24
			? Buffer.from([(major << 5) | n])
			: n < 256
				? Buffer.from([(major << 5) | 24, n])
				: Buffer.from([(major << 5) | 25, n >> 8, n & 255]);
	if (typeof value === "number") return value >= 0 ? head(0, value) : head(1, -1 - value);
	if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
	if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
	const parts = [...value].flatMap(([key, one]) => [cbor(key), cbor(one as Parameters<typeof cbor>[0])]);
	return Buffer.concat([head(5, value.size), ...parts]);
}

type Options = { challenge: string; rp?: { id: string }; rpId?: string; user?: { id: string } };
// What the procedures answer is the library's options, typed as a record.
const asOptions = (options: Record<string, unknown>) => options as unknown as Options;

/** An authenticator in software: makes one passkey and signs with it, as an honest browser would ask it to, or otherwise. */
export function authenticator(origin: string, { counts = true } = {}) {
	const id = randomBytes(16);
	const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const { x = "", y = "" } = publicKey.export({ format: "jwk" });
	let counter = 0;
	let userHandle = "";
	const clientData = (type: string, challenge: string, at = origin) =>
		Buffer.from(JSON.stringify({ type, challenge, origin: at, crossOrigin: false }));
	const authData = (rpId: string, flags: number) => {
		if (counts) counter += 1;
		const count = Buffer.alloc(4);
		count.writeUInt32BE(counter);
		return Buffer.concat([sha256(rpId), Buffer.from([flags]), count]);
	};
	const shared = { id: id.toString("base64url"), rawId: id.toString("base64url"), type: "public-key" as const };

	return {
		/** What a copy of it that was taken now would do. */
		rewind: (to: number) => {
			counter = to;
		},
		register(from: Record<string, unknown>, { isVerified = true } = {}): PasskeyRegistration {
			const options = asOptions(from);
			userHandle = options.user?.id ?? "";
			const key = new Map<number, unknown>([
				[1, 2],
				[3, -7],
				[-1, 1],
				[-2, Buffer.from(x, "base64url")],
				[-3, Buffer.from(y, "base64url")],
			]);
			const data = Buffer.concat([
				authData(options.rp?.id ?? "", isVerified ? 0x45 : 0x41),
				Buffer.alloc(16),
				Buffer.from([0, id.length]),
				id,
				cbor(key),
			]);
			const attestation = new Map<string, unknown>([
				["fmt", "none"],
				["attStmt", new Map()],
				["authData", data],
			]);
			return {
				...shared,
				response: {
					clientDataJSON: clientData("webauthn.create", options.challenge).toString("base64url"),
					attestationObject: cbor(attestation).toString("base64url"),
					transports: ["internal"],
				},
			};
		},
		sign(from: Record<string, unknown>, { isVerified = true, at = origin } = {}): PasskeyAssertion {
			const options = asOptions(from);
			const data = authData(options.rpId ?? "", isVerified ? 0x05 : 0x01);
			const client = clientData("webauthn.get", options.challenge, at);
			const signature = createSign("sha256")
				.update(Buffer.concat([data, sha256(client)]))
				.sign(privateKey);
			return {
				...shared,
				response: {
					clientDataJSON: client.toString("base64url"),
					authenticatorData: data.toString("base64url"),
					signature: signature.toString("base64url"),
					userHandle,
				},
			};
		},
	};
}
