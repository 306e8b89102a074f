import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { until } from "@/tests/support";
import { bornAt } from "./processes";
import { Supervisor } from "./supervisor";

/** A supervised `sleep`, with all that was born and how each died. */
function supervised(start: () => ChildProcess = () => spawn("sleep", ["600"])) {
	const born: ChildProcess[] = [];
	const deaths: string[] = [];
	const supervisor = new Supervisor({
		name: "sleeper",
		stopSignal: "SIGTERM",
		killSignal: "SIGKILL",
		start: async () => {
			const child = start();
			born.push(child);
			return child;
		},
		onBirth: () => {},
		onDeath: (how) => deaths.push(how),
	});
	return { supervisor, born, deaths };
}

const isAlive = (child: ChildProcess | undefined) => child?.exitCode === null && child.signalCode === null;

test("a dead process is started again within a second, and there is never more than one", async () => {
	const { supervisor, born, deaths } = supervised();
	await supervisor.start();
	const killedAt = performance.now();
	supervisor.child?.kill("SIGKILL");
	await until(() => born.length === 2 && isAlive(born[1]));
	expect(performance.now() - killedAt).toBeLessThan(1_000);
	expect(deaths).toEqual(["SIGKILL"]);
	expect(born.filter(isAlive)).toHaveLength(1);
	await supervisor.stop(5_000);
	expect(born.filter(isAlive)).toEqual([]);
});

test("what dies at once is started ever more slowly", async () => {
	const { supervisor, born, deaths } = supervised(() => spawn("false"));
	await supervisor.start();
	const started = performance.now();
	await until(() => born.length === 4);
	expect(performance.now() - started).toBeGreaterThan(1_300);
	expect(deaths[0]).toBe("code 1");
	await supervisor.stop(5_000);
	const atTheEnd = born.length;
	expect(await bornAt(born.at(-1)?.pid ?? 0)).toBe(null);
	expect(born).toHaveLength(atTheEnd);
});

test("one that does not listen is killed when its time is up", async () => {
	const { supervisor, born } = supervised(() =>
		spawn("sh", ["-c", "trap '' TERM; echo deaf; while :; do sleep 0.1; done"]),
	);
	await supervisor.start();
	// Only from then on does it not listen.
	if (supervisor.child?.stdout) await once(supervisor.child.stdout, "data");
	const asked = performance.now();
	await supervisor.stop(300);
	expect(performance.now() - asked).toBeLessThan(3_000);
	expect(born.map(({ signalCode }) => signalCode)).toEqual(["SIGKILL"]);
});

test("a start that fails is tried again", async () => {
	let tries = 0;
	const { supervisor, born } = supervised(() => {
		tries++;
		if (tries === 2 || tries === 3) throw new Error("not now");
		return spawn("sleep", ["600"]);
	});
	await supervisor.start();
	supervisor.child?.kill("SIGKILL");
	await until(() => born.length === 2);
	expect(tries).toBe(4);
	await supervisor.stop(5_000);
});
