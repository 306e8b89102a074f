import { createServer } from "node:net";
import { LaunchProblem } from "./problem";

/** Stops the start where the web server could not listen. */
export async function expectFreePort(host: string, port: number): Promise<void> {
	const code = await tryPort(host, port);
	if (code) throw portProblem(code, host, port);
}

export function portProblem(code: string, host: string, port: number): LaunchProblem {
	if (code === "EADDRINUSE") {
		return new LaunchProblem(
			`Port ${port} is in use: stop what uses it, or start with PORT=${port < 65535 ? port + 1 : 3000} npm start.`,
		);
	}
	if (code === "EACCES") {
		return new LaunchProblem(`Port ${port} is kept for root: start with PORT=3000 npm start, or another above 1023.`);
	}
	return new LaunchProblem(
		`QD_HOST ${host} is no address of this machine (${code}): use 127.0.0.1, or 0.0.0.0 for all.`,
	);
}

/** Null when it is free. */
function tryPort(host: string, port: number): Promise<string | null> {
	return new Promise((resolve) => {
		const probe = createServer();
		probe.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
		probe.listen(port, host, () => probe.close(() => resolve(null)));
	});
}
