import { randomUUID } from "node:crypto";
import { safetyOriginals, safetyPolicies, safetyPolicyVersions, stops } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { seal } from "@/server/core/vault";

/** A policy that looks nowhere. */
async function safetyPolicy({ db }: ServiceContext): Promise<string> {
	const id = randomUUID();
	const modes = { input: "off", retrieved: "off", arguments: "off", results: "off", output: "off" } as const;
	await db.orm.insert(safetyPolicies).values({ id, name: `Policy ${id}`, detector: "secrets" });
	await db.orm.insert(safetyPolicyVersions).values({ policyId: id, version: 1, modes, settings: {} });
	return id;
}

/** The id of a run in which something was covered. */
async function coveredRun(ctx: ServiceContext): Promise<string> {
	const [id, runId] = [randomUUID(), randomUUID()];
	const { userId } = requireUser(ctx);
	const sealed = seal("ana@harbour.example", { table: "safety_originals", row: id, column: "sealed", version: 1 });
	await ctx.db.orm
		.insert(safetyOriginals)
		.values({ id, runId, userId, mark: "[e-mail address x]", kind: "email", sealed });
	return runId;
}

async function stop({ db }: ServiceContext): Promise<string> {
	const id = randomUUID();
	await db.orm.insert(stops).values({ id, kind: "tool", target: `tool ${id}`, reason: "A test." });
	return id;
}

/** What guards runs. */
export const safetyMakers = { safetyPolicy, coveredRun, stop };
