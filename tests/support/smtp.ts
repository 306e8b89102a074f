import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { SMTPServer } from "smtp-server";
import { onTestFinished } from "vitest";
import type { Smtp } from "@/server/mail/smtp";

export type Fault =
	| "refuse recipient"
	| "refuse sender for now"
	| "refuse letter"
	| "refuse letter for now"
	/** Has the letter, and the line breaks before it says so. */
	| "break after letter"
	| "break in letter"
	| "no greeting";

export type TestSmtp = {
	smtp: Smtp;
	/** Each letter that it took, whole. */
	taken: string[];
	/** What it does to the next ones, one after the other. */
	faults: Fault[];
};

const answer = (code: number, text: string) => Object.assign(new Error(text), { responseCode: code });

/** A real SMTP server on this machine, which ends with the test. */
export async function testSmtp(
	options: { login?: { user: string; pass: string }; withTls?: boolean; port?: number } = {},
): Promise<TestSmtp> {
	const taken: string[] = [];
	const faults: Fault[] = [];
	const sockets = new Set<Socket>();
	const breakLines = () => {
		for (const socket of sockets) socket.destroy();
	};
	const next = (...wanted: Fault[]): Fault | null => {
		const [fault] = faults;
		return fault && wanted.includes(fault) ? (faults.shift() ?? null) : null;
	};
	const server = new SMTPServer({
		authOptional: !options.login,
		disabledCommands: [...(options.withTls ? [] : ["STARTTLS"]), ...(options.login ? [] : ["AUTH"])],
		allowInsecureAuth: true,
		closeTimeout: 100,
		onAuth: (auth, _, done) => {
			const isRight = auth.username === options.login?.user && auth.password === options.login?.pass;
			if (isRight) done(null, { user: "known" });
			else done(answer(535, "Wrong user or password"));
		},
		onConnect: (_, done) => {
			if (next("no greeting")) return breakLines();
			done();
		},
		onMailFrom: (_, __, done) => done(next("refuse sender for now") ? answer(450, "Come back later") : null),
		onRcptTo: (_, __, done) => done(next("refuse recipient") ? answer(550, "No such mailbox") : null),
		onData: (stream, _, done) => {
			if (next("break in letter")) return void stream.on("data", breakLines);
			const chunks: Buffer[] = [];
			stream.on("data", (chunk: Buffer) => chunks.push(chunk));
			stream.on("end", () => {
				const refusal = next("refuse letter", "refuse letter for now");
				if (refusal === "refuse letter") return done(answer(554, "This looks like spam"));
				if (refusal) return done(answer(451, "Out of space for now"));
				taken.push(Buffer.concat(chunks).toString("utf8"));
				if (next("break after letter")) return breakLines();
				done();
			});
		},
	});
	server.on("error", () => {});
	server.server.on("connection", (socket: Socket) => {
		sockets.add(socket);
		socket.on("close", () => sockets.delete(socket));
	});
	server.listen(options.port ?? 0, "127.0.0.1");
	await once(server.server, "listening");
	onTestFinished(() => new Promise<void>((resolve) => server.close(resolve)));
	// A server that listens on a port has an address.
	const { port } = server.server.address() as AddressInfo;
	const smtp = {
		host: "127.0.0.1",
		port,
		isSecure: false,
		login: options.login ?? null,
		from: "Quarterdeck <no-reply@example.test>",
		domain: "quarterdeck.example.test",
	};
	return { smtp, taken, faults };
}
