import { serve } from "inngest/edge";
import { env } from "@/server/core/env";
import { inngest } from "./client";

type Handler = (request: Request) => Promise<Response>;
let handler: Promise<Handler> | undefined;

/**
 * Where a real Inngest server calls. Without one the embedded engine calls the functions in its own process, and there is
 * nothing here: 404. With one, each request must bear its signature.
 */
async function handle(request: Request): Promise<Response> {
	const { INNGEST_BASE_URL, INNGEST_SIGNING_KEY } = env();
	if (!INNGEST_BASE_URL || !INNGEST_SIGNING_KEY) return new Response(null, { status: 404 });
	handler ??= load();
	return (await handler)(request);
}

/** The functions bring all that jobs need with them: loaded only where they are called. */
async function load(): Promise<Handler> {
	const { jobFunctions } = await import("./functions");
	const { QD_URL } = env();
	return serve({
		client: inngest,
		functions: jobFunctions,
		enableUnauthedSync: false,
		servePath: "/api/inngest",
		...(QD_URL ? { serveOrigin: new URL(QD_URL).origin } : {}),
	});
}

export { handle as GET, handle as POST, handle as PUT };
