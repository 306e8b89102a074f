import { spawn } from "node:child_process";
import { once } from "node:events";
import { openRedis } from "@/server/core/redis";
import { freePort } from "@/server/launch/postgres/cluster";
import { until } from "./until";

export type RedisServer = { url: string; port: number; kill: () => Promise<void> };

/** A Redis of its own, which keeps nothing; at the same port again, one that was away is back. */
export async function startRedis(at?: number): Promise<RedisServer> {
	const port = at ?? (await freePort());
	const url = `redis://127.0.0.1:${port}`;
	const words = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
	const server = spawn("redis-server", words, { stdio: "ignore" });
	const asking = openRedis(url);
	await until(() => asking.ping());
	asking.disconnect();
	const kill = async () => {
		if (server.exitCode !== null || server.signalCode !== null) return;
		server.kill("SIGKILL");
		await once(server, "exit");
	};
	return { url, port, kill };
}
