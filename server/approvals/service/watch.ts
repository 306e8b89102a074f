import type { ServiceContext } from "@/server/core/context";
import type { ApprovalsChange } from "../contract";
import { approvalsChannel } from "../events";
import { countWaiting } from "./read";

/** Without news we look all the same: time decides too, and a word may be lost. */
const lookMs = 15_000;

/** How many wait, at once and whenever something was asked for or decided, until the caller is gone. */
export async function* watchApprovals(ctx: ServiceContext): AsyncGenerator<{ id: string; data: ApprovalsChange }> {
	let rung = Promise.withResolvers<void>();
	let hasRung = true;
	const ring = () => {
		hasRung = true;
		rung.resolve();
	};
	ctx.signal?.addEventListener("abort", ring, { once: true });
	// Before the first look, so that nothing falls between the two.
	const unlisten = await ctx.db.listen(approvalsChannel, ring, ring);
	let told = "";
	try {
		while (!ctx.signal?.aborted) {
			rung = Promise.withResolvers();
			const waiting = await countWaiting(ctx);
			const counts = `${waiting.toDecide} ${waiting.own}`;
			if (hasRung || counts !== told) yield { id: String(Date.now()), data: { ...waiting, changedAt: new Date() } };
			hasRung = false;
			told = counts;
			await heard(rung.promise);
		}
	} finally {
		ctx.signal?.removeEventListener("abort", ring);
		unlisten();
	}
}

async function heard(rung: Promise<void>): Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	const look = new Promise<void>((resolve) => {
		timer = setTimeout(resolve, lookMs);
	});
	await Promise.race([rung, look]);
	clearTimeout(timer);
}
