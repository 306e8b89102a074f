"use client";

import { useSyncExternalStore } from "react";

const tickMs = 20_000;
const subscribe = (listener: () => void) => {
	const timer = setInterval(listener, tickMs);
	return () => clearInterval(timer);
};
const tick = () => Math.floor(Date.now() / tickMs);
const never = () => () => {};

const absolute = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });

function tell(at: Date): string {
	const seconds = Math.round((at.getTime() - Date.now()) / 1000);
	const size = Math.abs(seconds);
	if (size < 45) return seconds > 5 ? `in ${size} s` : "just now";
	if (size < 45 * 60) return relative.format(Math.round(seconds / 60), "minute");
	if (size < 22 * 3600) return relative.format(Math.round(seconds / 3600), "hour");
	if (size < 14 * 86_400) return relative.format(Math.round(seconds / 86_400), "day");
	return day.format(at);
}

/** How long ago; the exact time on hover. The server's words may be a tick older than the browser's. */
export function When({ at }: { at: Date }) {
	useSyncExternalStore(subscribe, tick, tick);
	const isHydrated = useSyncExternalStore(
		never,
		() => true,
		() => false,
	);
	return (
		<time dateTime={at.toISOString()} title={isHydrated ? absolute.format(at) : undefined} suppressHydrationWarning>
			{tell(at)}
		</time>
	);
}

/** The exact time, for where facts are listed. */
export function Exactly({ at }: { at: Date }) {
	return (
		<time dateTime={at.toISOString()} suppressHydrationWarning>
			{absolute.format(at)}
		</time>
	);
}
