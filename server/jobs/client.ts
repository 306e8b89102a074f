import { Inngest } from "inngest";
import { env } from "@/server/core/env";
import { log } from "@/server/core/log";
import { jobDatabase } from "./context";
import { engineFetch } from "./engine/fetch";

const { INNGEST_BASE_URL, INNGEST_EVENT_KEY, INNGEST_SIGNING_KEY } = env();

/** The real server where one is set. Otherwise what is sent goes into the outbox, whence the embedded engine delivers it. */
const destination = INNGEST_BASE_URL
	? { isDev: false, baseUrl: INNGEST_BASE_URL, ...(INNGEST_EVENT_KEY ? { eventKey: INNGEST_EVENT_KEY } : {}) }
	: { isDev: !INNGEST_SIGNING_KEY, eventKey: "embedded", fetch: engineFetch(jobDatabase) };

/** Makes every job: `inngest.createFunction({ id, triggers: [documentAdded] }, …)`, listed in functions.ts. */
export const inngest = new Inngest({
	id: "quarterdeck",
	...destination,
	...(INNGEST_SIGNING_KEY ? { signingKey: INNGEST_SIGNING_KEY } : {}),
	logger: log,
	aiMetadata: false,
});
