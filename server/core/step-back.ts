import type { ChildProcess } from "node:child_process";
import { getPriority, setPriority } from "node:os";

/** As `nice` counts: a tenth and a thirtieth of a processor that somebody else wants, all of it where nobody does. */
const steps = { computing: 10, patient: 15 };
const last = 19;

/**
 * This thread lets those go first that only pass things on. `computing` for what people wait for, `patient` for what nobody does.
 * Elsewhere than on Linux it would be the whole process, so there it stays as it is.
 */
export function threadStepsBack(how: keyof typeof steps): void {
	if (process.platform === "linux") letOthersFirst(0, steps[how]);
}

/** A child that has just been started lets those go first that people wait for. */
export function stepBack<Child extends Pick<ChildProcess, "pid">>(child: Child): Child {
	if (child.pid !== undefined) letOthersFirst(child.pid, steps.patient);
	return child;
}

function letOthersFirst(pid: number, by: number): void {
	try {
		setPriority(pid, Math.min(last, getPriority() + by));
	} catch {
		// It may have ended already, or the system refuses: it is as all others then.
	}
}
