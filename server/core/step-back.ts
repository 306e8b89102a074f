import type { ChildProcess } from "node:child_process";
import { getPriority, setPriority } from "node:os";

/** As `nice` counts: a tenth of the processor where the threads want it that all requests go through, all of it where nobody does. */
const steps = { computing: 10, patient: 15 };
const last = 19;

const behind = (by: number): number => Math.min(last, getPriority() + by);

/**
 * This thread lets those go first that only pass things on. `computing` for what people wait for, `patient` for what nobody does.
 * Elsewhere than on Linux it would be the whole process, so there it stays as it is.
 */
export function threadStepsBack(how: keyof typeof steps): void {
	if (process.platform === "linux") setPriority(behind(steps[how]));
}

/** A child that has just been started lets those go first that people wait for. Where the system refuses, it is as all others. */
export function stepBack<Child extends Pick<ChildProcess, "pid">>(child: Child): Child {
	if (child.pid === undefined) return child;
	try {
		setPriority(child.pid, behind(steps.patient));
	} catch {
		// It may have ended already.
	}
	return child;
}
