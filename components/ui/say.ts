"use client";

/** A short note at the edge of the screen, for what was done or went wrong elsewhere than where one looks. */
export function say(message: string, tone: "done" | "failed" = "done"): void {
	void import("@mantine/notifications").then(({ notifications }) =>
		notifications.show({
			message,
			color: tone === "done" ? "sea" : "red",
			autoClose: tone === "done" ? 4_000 : 8_000,
			closeButtonProps: { "aria-label": "Close this note" },
		}),
	);
}

const late = Promise.withResolvers<void>();
/** What shows questions comes after the first screen: one that is asked before then waits for it. */
export const questionsCanBeShown = (): void => late.resolve();

/** Asks before something that can't be taken back. Resolves to whether it was wanted. */
export async function confirm(question: {
	title: string;
	text: string;
	action: string;
	tone?: "danger" | "plain";
}): Promise<boolean> {
	const [{ modals }] = await Promise.all([import("@mantine/modals"), late.promise]);
	return new Promise((resolve) => {
		modals.openConfirmModal({
			title: question.title,
			children: question.text,
			labels: { confirm: question.action, cancel: "Cancel" },
			confirmProps: { color: question.tone === "plain" ? "sea" : "red" },
			groupProps: { gap: 8 },
			onConfirm: () => resolve(true),
			onClose: () => resolve(false),
		});
	});
}
