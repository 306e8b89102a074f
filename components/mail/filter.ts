import { type ListMails, mailStates } from "@/server/mail/contract";

/** The list that an address stands for. */
export function filterFrom(get: (name: string) => string | null): Pick<ListMails, "filter"> {
	const state = mailStates.find((one) => one === get("state"));
	const recipient = get("to")?.trim().toLowerCase().slice(0, 254);
	if (!state && !recipient) return {};
	return {
		filter: { ...(state ? { state: { eq: state } } : {}), ...(recipient ? { recipient: { eq: recipient } } : {}) },
	};
}
