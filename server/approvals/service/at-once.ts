import type { Tx } from "@/db/connection";
import type { ServiceContext } from "@/server/core/context";
import type { ApprovalRow } from "./outcome";

/** What is done for whoever asked, in the transaction of the last approval; answers what its call is told from then on. */
export type AtOnce = (ctx: ServiceContext, tx: Tx, row: ApprovalRow) => Promise<unknown>;

const acts = new Map<string, AtOnce>();

/** Calls of this tool don't wait to be made again: nobody is there to make them. */
export const carryOutAtOnce = (tool: string, act: AtOnce): void => void acts.set(tool, act);

export const atOnceOf = (tool: string): AtOnce | null => acts.get(tool) ?? null;
