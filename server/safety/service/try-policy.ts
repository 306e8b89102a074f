import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { kindWord, type Tried, type TryPolicy } from "../contract";
import { detectorOf } from "../detectors";
import { whyNoPattern } from "../detectors/patterns";
import { coverFinds } from "./look";

/** Looks through a text without keeping any of it. The model that a policy may have is not asked: it costs somebody money. */
export async function tryPolicy(ctx: ServiceContext, { detector, settings, text }: TryPolicy): Promise<Tried> {
	for (const { name, expression } of settings.patterns) {
		const why = whyNoPattern(expression);
		if (why) throw new AppError("INVALID_INPUT", `${name}: ${why}`);
	}
	const started = performance.now();
	const finds = detectorOf(detector, settings)(text);
	const ms = Math.round((performance.now() - started) * 100) / 100;
	await ctx.db.transaction((tx) =>
		audit(ctx, tx, { action: "safety.try", resource: "safetyPolicy", detail: { detector, finds: finds.length } }),
	);
	const { text: redacted } = coverFinds(text, finds, "tried");
	return {
		finds: finds.slice(0, 500).map((find) => ({ ...find, name: kindWord(find.kind) })),
		redacted,
		ms,
	};
}
