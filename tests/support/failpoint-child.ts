import { flushCompileCache } from "node:module";
import { Socket } from "node:net";
import { startExecutor } from "@/server/agents/executor";
import { findUserActor } from "@/server/auth/service";
import { database } from "@/server/core/database";
import { log } from "@/server/core/log";
import { startRun } from "@/server/runs/service";
import { finds } from "./passages";

// A worker that kills itself at one exact place: before the n-th thing that it says to anybody (a statement, a commit, a question to
// the model), or when the answer to it has come and nothing has read it yet. Nothing in the product knows of this.

export type Order = {
	/** Null: it lives. */
	at: { n: number; when: "before" | "after" } | null;
	/** Somebody asks in this process too, as the web process would. */
	ask: { userId: string; question: string; agentId: string } | null;
};

let left = Number.POSITIVE_INFINITY;
let when: "before" | "after" = "before";
let heard: Socket | null = null;
const die = () => void process.kill(process.pid, "SIGKILL");

// Sockets to the database and to the model; the pipe to whoever started this is none.
const { write, push } = Socket.prototype;
Socket.prototype.write = function (this: Socket, ...args: unknown[]) {
	if (this.remotePort !== undefined) {
		left -= 1;
		if (left === 0 && when === "before") die();
		if (left === 0) heard = this;
	}
	return Reflect.apply(write, this, args) as boolean;
};
Socket.prototype.push = function (this: Socket, ...args: unknown[]) {
	if (this === heard) die();
	return Reflect.apply(push, this, args) as boolean;
};

process.once("message", async ({ at, ask }: Order) => {
	const db = database();
	await startExecutor({ database: db, log, slots: 8, search: finds(), unreadable: async () => [] });
	process.send?.("started");
	if (at) [left, when] = [at.n, at.when];
	if (!ask) return;
	const actor = await findUserActor(db, ask.userId);
	if (!actor) throw new Error("nobody is there to ask");
	const origin = { address: null, userAgent: null };
	await startRun({ db, actor, via: "rpc", requestId: "failpoint", origin }, ask)
		.then(({ runId }) => process.send?.({ runId }))
		.catch(() => process.send?.({ runId: null }));
});
// Whoever kills this leaves it no time to write down what was compiled.
flushCompileCache();
process.send?.("here");
