const browsers = [
	["Edge", /\bEdgA?\/(\d+)/],
	["Opera", /\bOPR\/(\d+)/],
	["Samsung Internet", /\bSamsungBrowser\/(\d+)/],
	["Firefox", /\b(?:Firefox|FxiOS)\/(\d+)/],
	["Chrome", /\b(?:Chrome|CriOS|HeadlessChrome)\/(\d+)/],
	["Safari", /\bVersion\/(\d+)[\d.]* (?:Mobile\/\w+ )?Safari\//],
] as const;

const systems = [
	["Android", /\bAndroid\b/],
	["iPhone", /\biPhone\b/],
	["iPad", /\biPad\b/],
	["Windows", /\bWindows NT\b/],
	["macOS", /\bMac OS X\b/],
	["ChromeOS", /\bCrOS\b/],
	["Linux", /\bLinux\b/],
] as const;

/** What people call a device, from what it says of itself; null where it says nothing. It may say anything: never decide by it. */
export function nameDevice(userAgent: string | null): string | null {
	if (!userAgent?.trim()) return null;
	const browser = browsers
		.map(([name, form]) => [name, form.exec(userAgent)?.[1]] as const)
		.find(([, version]) => version);
	const system = systems.find(([, form]) => form.test(userAgent))?.[0];
	if (browser) return `${browser[0]} ${browser[1]}${system ? ` on ${system}` : ""}`;
	// A program: `curl/8.5.0`, `python-requests/2.32`, `node`.
	const program = /^[\w.-]{1,40}(?:\/[\w.-]{1,20})?/.exec(userAgent)?.[0];
	return (program ?? "Unknown").replace("/", " ");
}
