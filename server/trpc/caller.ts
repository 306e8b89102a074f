import { headers } from "next/headers";
import { contextFromHeaders } from "./context";
import { createCaller } from "./root";

/** The API for a server-rendered page: the same procedures, with the rights of whoever asks for the page. */
export async function pageCaller(): Promise<ReturnType<typeof createCaller>> {
	return createCaller({ ...contextFromHeaders(await headers()), isPage: true });
}
