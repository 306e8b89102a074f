export const masked = "••••";
const longestText = 1_000;
const mostItems = 50;
const deepest = 6;

/** Names of fields whose text is a secret, wherever it stands. */
const secretName =
	/pass(word|phrase|wd)|secret|token|credential|authori[sz]ation|cookie|private.?key|api.?key|(recovery|backup|setup|one.?time).?codes?|otp|salt|(^|[_.-])pin$|hash$|^key$/i;
/** Fields with such a word in their name that hold no secret. */
const plainName = /^(tokens?(per|used|left|count|reserved|limit).*|keyId|tokenId|secretName|has[A-Z].*|is[A-Z].*)$/;

/** What a secret looks like, whatever its field is called. */
const secretValue = new RegExp(
	[
		"qd_[a-z]+_[A-Za-z0-9_-]{16,}", // our own keys
		"eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]*", // JSON web tokens
		"-----BEGIN [A-Z ]*PRIVATE KEY-----",
		"(sk|pk|rk)[-_][A-Za-z0-9_-]{20,}", // model and payment providers
		"gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}|glpat-[A-Za-z0-9_-]{20,}",
		"(AKIA|ASIA)[A-Z0-9]{16}",
		"AIza[A-Za-z0-9_-]{35}",
		"xox[abprs]-[A-Za-z0-9-]{10,}",
		"\\$argon2(id|i|d)\\$\\S+|\\$2[aby]\\$\\d\\d\\$\\S+",
		"(Bearer|Basic) [A-Za-z0-9+/=._~-]{12,}",
		"[a-z][a-z0-9+.-]*://[^\\s/:@]*:[^\\s/@]+@", // an address with a password in it
	].join("|"),
	"g",
);

/** A value that may be kept: secrets masked by their field's name and by how they look, long texts cut, in well-formed Unicode. */
export function maskSecrets(value: unknown, name = "", depth = 0): unknown {
	if (value === null || value === undefined) return null;
	if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) return value;
	if (value instanceof Date) return value.toISOString();
	if (secretName.test(name) && !plainName.test(name)) return masked;
	if (typeof value === "string") return maskText(value);
	if (typeof value !== "object") return String(value);
	if (depth === deepest) return "…";
	if (Array.isArray(value)) return value.slice(0, mostItems).map((item) => maskSecrets(item, name, depth + 1));
	return Object.fromEntries(
		Object.entries(value).map(([key, inner]) => [cleanText(key), maskSecrets(inner, key, depth + 1)]),
	);
}

/** NUL and lone halves of characters are text to JavaScript, and none to PostgreSQL. */
export const cleanText = (text: string): string => text.toWellFormed().replaceAll("\0", "�");

export function maskText(text: string): string {
	const clean = cleanText(text.length > longestText * 2 ? text.slice(0, longestText * 2) : text);
	const safe = clean.replace(secretValue, masked);
	return safe.length > longestText ? `${safe.slice(0, longestText).toWellFormed()}…` : safe;
}

/** Where a value holds what is or looks like a secret, as a path of names; null where nothing does. */
export function secretIn(value: unknown, path = ""): string | null {
	const name = path.slice(path.lastIndexOf(".") + 1);
	if (typeof value === "string") {
		const isNamed = value !== "" && secretName.test(name) && !plainName.test(name);
		return isNamed || value.search(secretValue) >= 0 ? path : null;
	}
	if (typeof value !== "object" || value === null) return null;
	for (const [key, inner] of Object.entries(value)) {
		const found = secretIn(inner, Array.isArray(value) ? path : path === "" ? key : `${path}.${key}`);
		if (found !== null) return found;
	}
	return null;
}
