import { Readable } from "node:stream";
import MailComposer from "nodemailer/lib/mail-composer/index.js";
import SMTPConnection from "nodemailer/lib/smtp-connection/index.js";
import { type Env, env } from "@/server/core/env";

export type Smtp = {
	host: string;
	port: number;
	/** TLS from the first byte. */
	isSecure: boolean;
	login: { user: string; pass: string } | null;
	from: string;
	/** What we call ourselves, in greetings and message ids. */
	domain: string;
};

const silenceMs = 20_000;
const loopback = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

/** The SMTP server that the environment names; null where mails stay in the outbox. */
export function readSmtp({ SMTP_URL, QD_MAIL_FROM, QD_URL }: Env = env()): Smtp | null {
	if (!SMTP_URL || !QD_MAIL_FROM || !QD_URL) return null;
	const url = new URL(SMTP_URL);
	const isSecure = url.protocol === "smtps:";
	return {
		host: url.hostname.replace(/^\[|\]$/g, ""),
		port: Number(url.port) || (isSecure ? 465 : 587),
		isSecure,
		login: url.username ? { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } : null,
		from: QD_MAIL_FROM,
		domain: new URL(QD_URL).hostname,
	};
}

/** What the server said, or that it said nothing: whoever tries again has to know which. */
export class SmtpRefusal extends Error {
	override readonly name = "SmtpRefusal";
	constructor(
		message: string,
		/** The server's code; null where the line broke or nothing came. */
		readonly code: number | null,
		/** Whether the letter itself had been handed over by then. */
		readonly wasHanded: boolean,
		options?: ErrorOptions,
	) {
		super(message, options);
	}
	/** It will say the same again: the address, the sender or the letter is refused. A wrong login may be mended. */
	get isFinal(): boolean {
		return this.code !== null && this.code >= 500 && !this.isLogin;
	}
	private get isLogin(): boolean {
		return this.cause instanceof Error && "code" in this.cause && this.cause.code === "EAUTH";
	}
}

/**
 * Hands over one mail. `claim` is called when the server is ready for the letter, before its first byte: what it throws, stops
 * it there. So nothing goes out of which the claim does not know.
 */
export async function handOver(
	smtp: Smtp,
	mail: { id: string; to: string; subject: string; text: string },
	claim: () => Promise<void>,
): Promise<void> {
	const message = await compose(smtp, mail);
	let wasHanded = false;
	let isRefused = false;
	let claiming: Promise<void> | undefined;
	const letter = Readable.from(
		(async function* () {
			// Where the recipient is refused, nodemailer reads the letter all the same, to throw it away.
			if (isRefused) return;
			claiming = claim();
			await claiming;
			if (isRefused) return;
			wasHanded = true;
			yield message;
		})(),
	);
	const connection = await connect(smtp);
	try {
		await new Promise<void>((resolve, reject) => {
			connection.once("error", reject);
			connection.send({ from: addressIn(smtp.from), to: [mail.to] }, letter, (error) => {
				isRefused = error !== null;
				if (error) reject(error);
				else resolve();
			});
		});
		connection.quit();
	} catch (error) {
		isRefused = true;
		connection.close();
		// What the caller writes next must come after what it is writing now.
		await claiming?.catch(() => {});
		throw toRefusal(error, wasHanded);
	}
}

/** Whether the server lets us in, without sending anything. Throws what is wrong. */
export async function tryOut(smtp: Smtp): Promise<void> {
	const connection = await connect(smtp);
	connection.quit();
}

async function connect(smtp: Smtp): Promise<SMTPConnection> {
	const connection = new SMTPConnection({
		host: smtp.host,
		port: smtp.port,
		secure: smtp.isSecure,
		// A letter with a link, and our password, don't cross a network in the clear.
		requireTLS: !smtp.isSecure && !loopback.test(smtp.host),
		name: smtp.domain,
		connectionTimeout: silenceMs,
		greetingTimeout: silenceMs,
		socketTimeout: silenceMs,
	});
	try {
		await new Promise<void>((resolve, reject) => {
			connection.once("error", reject);
			connection.once("end", () => reject(new Error("The server closed the line")));
			connection.connect((error) => (error ? reject(error) : resolve()));
		});
		if (smtp.login && !connection.authenticated) await logIn(connection, smtp.login);
		// Said after an answer was heard: nobody waits for it any more.
		connection.on("error", () => {});
		return connection;
	} catch (error) {
		connection.on("error", () => {});
		connection.close();
		throw toRefusal(error, false);
	}
}

const logIn = (connection: SMTPConnection, credentials: { user: string; pass: string }) =>
	new Promise<void>((resolve, reject) => {
		connection.once("error", reject);
		connection.login({ credentials }, (error) => (error ? reject(error) : resolve()));
	});

const compose = (smtp: Smtp, mail: { id: string; to: string; subject: string; text: string }): Promise<Buffer> =>
	new MailComposer({
		from: smtp.from,
		to: { name: "", address: mail.to },
		subject: mail.subject,
		text: mail.text,
		// The same at each try: a mailbox that got it twice shows it once.
		messageId: `<${mail.id}@${smtp.domain}>`,
		headers: { "Auto-Submitted": "auto-generated" },
		disableFileAccess: true,
		disableUrlAccess: true,
	})
		.compile()
		.build();

const addressIn = (mailbox: string): string => /<([^<>]+)>$/.exec(mailbox)?.[1] ?? mailbox;

/** One line for people, without what we sent. */
function toRefusal(error: unknown, wasHanded: boolean): SmtpRefusal {
	const code = error instanceof Error && "responseCode" in error ? Number(error.responseCode) || null : null;
	const said = error instanceof Error && "response" in error && error.response ? String(error.response) : null;
	const message = said ?? (error instanceof Error ? error.message : String(error));
	return new SmtpRefusal(message.replaceAll(/\s+/g, " ").slice(0, 300), code, wasHanded, { cause: error });
}
