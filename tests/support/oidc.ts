import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";

export type Person = { sub: string; email?: string; email_verified?: boolean; name?: string };

/** A port that is free now, for an issuer's address that has to be known before it starts. */
export async function freeAddress(): Promise<string> {
	const server = createServer().listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return `http://127.0.0.1:${port}`;
}

/** A real OpenID Connect provider, with the sign-in pages that it brings along. Whoever is in `people` can sign in. */
export async function startOidc(issuer: string, redirectUri: string) {
	const people = new Map<string, Person>();
	const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
	const provider = new Provider(issuer, {
		clients: [
			{
				client_id: "quarterdeck",
				client_secret: "the secret of this client",
				redirect_uris: [redirectUri],
				response_types: ["code"],
				grant_types: ["authorization_code"],
			},
		],
		jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: "one" }] },
		cookies: { keys: ["a key of a test"] },
		claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
		findAccount: (_, id) => {
			const person = people.get(id);
			return person ? { accountId: id, claims: async () => ({ ...person }) } : undefined;
		},
		ttl: { Session: 3600, Grant: 3600, Interaction: 600, AccessToken: 600, IdToken: 600 },
	});
	const server = createServer(provider.callback()).listen(Number(new URL(issuer).port), "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));

	/** A browser at the provider: signs in as that person and agrees. Answers where it is sent back to. */
	const signInAt = async (address: string, id: string, jar = new Map<string, string>()): Promise<string> => {
		let at = address;
		let form: Record<string, string> | null = null;
		for (let step = 0; step < 12; step++) {
			const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
			const answer: Response = await fetch(at, {
				redirect: "manual",
				headers: { cookie, accept: "text/html" },
				...(form ? { method: "POST", body: new URLSearchParams(form) } : {}),
			});
			form = null;
			for (const line of answer.headers.getSetCookie()) {
				const [pair = ""] = line.split(";");
				jar.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
			}
			const location = answer.headers.get("location");
			if (location && !new URL(location, at).href.startsWith(issuer)) return new URL(location, at).href;
			if (location) {
				at = new URL(location, at).href;
				continue;
			}
			const page = await answer.text();
			const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
			const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1];
			if (!prompt || !action) throw new Error(`The provider says ${answer.status}: ${page.slice(0, 300)}`);
			at = new URL(action, at).href;
			form = prompt === "login" ? { prompt, login: id, password: "any" } : { prompt };
		}
		throw new Error("The provider never sent the browser back");
	};

	return {
		people,
		signInAt,
		stop: () => {
			server.closeAllConnections();
			return new Promise((resolve) => server.close(resolve));
		},
	};
}
