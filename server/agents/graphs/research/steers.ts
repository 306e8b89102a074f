import type { ResearchContext } from "./state";

export type Heard = readonly { id: string; text: string }[];

/** What the person added so far. What no step had used before is told to whoever follows the run. */
export async function hear(run: ResearchContext): Promise<Heard> {
	const steers = await run.desk.steers();
	for (const { id, text, isNew } of steers) if (isNew) run.tell({ type: "steer.taken", steerId: id, text });
	return steers;
}
