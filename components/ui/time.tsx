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

const units = [
	{ name: "d", seconds: 86_400 },
	{ name: "h", seconds: 3_600 },
	{ name: "min", seconds: 60 },
] as const;

/** `5 min ago`, `in 2 h`; what is far is a date. */
function tell(at: Date): string {
	const seconds = Math.round((at.getTime() - Date.now()) / 1000);
	const size = Math.abs(seconds);
	if (size > 14 * 86_400) return day.format(at);
	const unit = units.find((one) => size >= 0.9 * one.seconds);
	const text = unit ? `${Math.round(size / unit.seconds)} ${unit.name}` : `${size} s`;
	if (seconds > 3) return `in ${text}`;
	return unit ? `${text} ago` : "just now";
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
