"use client";

import superjson, { type SuperJSONResult } from "superjson";
import { useNonce } from "@/components/ui/nonce";
import { transformer } from "./wire";

/** What was asked for before our scripts came, by its address. */
type Asked = Record<string, Promise<Response> | undefined>;
const asked = (): Asked => (globalThis as { qdEarly?: Asked }).qdEarly ?? {};

const addressOf = (path: string, input: object): string =>
	`/api/trpc/${path}?input=${encodeURIComponent(superjson.stringify(input))}`;

/** Asks for what a page needs after its first screen as soon as the page's words come, while its scripts are still read. */
export function AskEarly({ path, input }: { path: string; input: object }) {
	const nonce = useNonce();
	const address = JSON.stringify(addressOf(path, input));
	const __html = `(self.qdEarly??={})[${address}]=fetch(${address})`;
	// biome-ignore lint/security/noDangerouslySetInnerHtml: an address of ours, in which nothing stands that could end a script
	return <script nonce={nonce} suppressHydrationWarning dangerouslySetInnerHTML={{ __html }} />;
}

/** The answer to what was asked for early, once; null where it was not, or did not come well. */
export async function takeEarly(path: string, input: object): Promise<unknown> {
	const address = addressOf(path, input);
	const coming = asked()[address];
	if (!coming) return null;
	delete asked()[address];
	const answer = await coming.catch(() => null);
	if (!answer?.ok) return null;
	const { result } = (await answer.json()) as { result: { data: SuperJSONResult } };
	return transformer.deserialize(result.data);
}
