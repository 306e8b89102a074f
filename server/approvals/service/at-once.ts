import type { Reader, Tx } from "@/db/connection";
import type { ServiceContext } from "@/server/core/context";
import type { RaiseAsked } from "../contract";
import type { ApprovalRow } from "./outcome";
import type { Trial } from "./preview";

/** Calls that don't wait to be made again, as nobody is there to make them. */
export type AtOnce = {
	/** Does it for whoever asked, in the transaction of the last approval; answers what its call is told from then on. */
	act: (ctx: ServiceContext, tx: Tx, row: ApprovalRow) => Promise<unknown>;
	/** Tries it out with other arguments, for who may decide it: checked anew by what holds at this moment. */
	tryWith: (ctx: ServiceContext, row: ApprovalRow, given: Record<string, unknown>) => Promise<Trial>;
	/** Of a request for more of a budget: how much, and of what. Null where that is gone. */
	raiseOf: (db: Reader, row: Pick<ApprovalRow, "requesterId" | "arguments" | "edit">) => Promise<RaiseAsked | null>;
};

const acts = new Map<string, AtOnce>();

export const carryOutAtOnce = (tool: string, act: AtOnce): void => void acts.set(tool, act);

export const atOnceOf = (tool: string): AtOnce | null => acts.get(tool) ?? null;
