import { mailStates } from "@/server/mail/contract";

type MailState = (typeof mailStates)[number];

/** The filter that an address stands for. */
export const filterFrom = (
	get: (name: string) => string | null,
): { state: MailState | undefined; recipient: string | undefined } => ({
	state: mailStates.find((state) => state === get("state")),
	recipient: get("to")?.slice(0, 254) || undefined,
});
