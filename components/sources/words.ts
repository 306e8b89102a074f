import { counted } from "@/components/ui/figures";
import type { Source, SourceKind, SyncRun } from "@/server/sources/contract";

export const kindWords = {
	folder: "Folder of the server",
	git: "Git repository",
	s3: "S3 bucket",
	sitemap: "Sitemap",
} as const satisfies Record<SourceKind, string>;

/** What is offered, by minutes; an API may set any other. */
export const intervals = [
	{ minutes: 15, label: "Every 15 minutes" },
	{ minutes: 60, label: "Every hour" },
	{ minutes: 360, label: "Every 6 hours" },
	{ minutes: 1440, label: "Every day" },
	{ minutes: 10_080, label: "Every week" },
] as const;

export const intervalWords = (minutes: number | null): string =>
	minutes === null
		? "Only by hand"
		: (intervals.find((one) => one.minutes === minutes)?.label ?? `Every ${counted(minutes, "minute")}`);

/** `3 added, 1 changed`, or that nothing changed. */
export function changeWords({ added, changed, removed, unchanged, failed }: SyncRun): string {
	const parts = [
		added > 0 ? `${added} added` : "",
		changed > 0 ? `${changed} changed` : "",
		removed > 0 ? `${removed} removed` : "",
		failed > 0 ? `${failed} failed` : "",
	].filter(Boolean);
	if (parts.length === 0) return unchanged > 0 ? `nothing changed in ${counted(unchanged, "file")}` : "no files";
	return [...parts, unchanged > 0 ? `${unchanged} unchanged` : ""].filter(Boolean).join(", ");
}

/** Where it is, as one would say it. */
export const placeWords = ({ kind, address, bucket, prefix, branch }: Source): string => {
	if (kind === "s3") return `${address}/${bucket}/${prefix ?? ""}`;
	return branch ? `${address} (${branch})` : address;
};
