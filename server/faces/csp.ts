import { z } from "zod";
import { log } from "@/server/core/log";

const maxBytes = 16 * 1024;
const mostPerMinute = 30;

const text = z.string().max(4_000).catch("");
/** As `report-to` sends it, and as `report-uri` does. */
const Report = z.union([
	z.array(z.object({ body: z.object({ effectiveDirective: text, blockedURL: text, documentURL: text }) })).min(1),
	z.object({
		"csp-report": z.object({ "effective-directive": text, "blocked-uri": text, "document-uri": text }),
	}),
]);

let minute = 0;
let told = 0;

/** A browser's word that a page broke its own policy: logged without queries, and not more often than somebody reads. */
export async function cspReport(request: Request): Promise<Response> {
	const done = new Response(null, { status: 204 });
	const now = Math.floor(Date.now() / 60_000);
	if (now !== minute) [minute, told] = [now, 0];
	if (told >= mostPerMinute || Number(request.headers.get("content-length") ?? maxBytes + 1) > maxBytes) return done;
	const report = Report.safeParse(await request.json().catch(() => null));
	if (!report.success) return done;
	told += 1;
	log.warn(factsOf(report.data), "a page broke its content security policy");
	return done;
}

function factsOf(report: z.infer<typeof Report>): Record<string, string> {
	if (!Array.isArray(report)) {
		const found = report["csp-report"];
		return {
			directive: found["effective-directive"],
			blocked: placeOf(found["blocked-uri"]),
			page: placeOf(found["document-uri"]),
		};
	}
	const body = report[0]?.body;
	return {
		directive: body?.effectiveDirective ?? "",
		blocked: placeOf(body?.blockedURL ?? ""),
		page: placeOf(body?.documentURL ?? ""),
	};
}

/** Where, without what a query may hold. */
const placeOf = (url: string): string => url.split(/[?#]/)[0]?.slice(0, 200) ?? "";
