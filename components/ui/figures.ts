const whole = new Intl.NumberFormat("en");
const one = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export const figure = (value: number): string => whole.format(value);

/** A count with its unit: `1 file`, `1,204 files`. */
export const counted = (value: number, singular: string, plural = `${singular}s`): string =>
	`${whole.format(value)} ${value === 1 ? singular : plural}`;

export function bytes(value: number): string {
	if (value < 1024) return `${value} B`;
	if (value < 1024 * 1024) return `${whole.format(Math.round(value / 1024))} kB`;
	return `${one.format(value / 1024 / 1024)} MB`;
}

export function duration(ms: number): string {
	if (ms < 1000) return `${Math.round(ms)} ms`;
	if (ms < 60_000) return `${one.format(ms / 1000)} s`;
	const minutes = Math.floor(ms / 60_000);
	const seconds = Math.round((ms % 60_000) / 1000);
	if (minutes < 60) return `${minutes} min ${seconds} s`;
	return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const percent = (share: number): string => `${Math.round(share * 100)} %`;
