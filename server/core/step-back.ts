import type { ChildProcess } from "node:child_process";
import { getPriority, setPriority } from "node:os";

/** As `nice` counts: a twentieth of the processor where somebody else wants it, all of it where nobody does. */
const steps = 10;
const last = 19;

/** How far back from here. */
export const behind = (): number => Math.min(last, getPriority() + steps);

/** A child that has just been started lets those go first that people wait for. Where the system refuses, it is as all others. */
export function stepBack<Child extends Pick<ChildProcess, "pid">>(child: Child): Child {
	if (child.pid === undefined) return child;
	try {
		setPriority(child.pid, behind());
	} catch {
		// It may have ended already.
	}
	return child;
}
