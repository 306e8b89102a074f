export const masked = "••••";
const longestText = 1_000;
const mostItems = 50;
const deepest = 6;

/** Names of fields whose text is a secret, wherever it stands. */
const secretName =
	/pass(word|phrase|wd)|secret|token|credential|authori[sz]ation|cookie|private.?key|api.?key|(recovery|backup|setup|one.?time).?codes?|otp|salt|(^|[_.-])pin$|hash$|^key$/i;
/** Fields with such a word in their name that hold no secret. */
const plainName =
	/^((context|least)Tokens|firstTokenMs|tokens?(per|used|left|count|reserved|limit).*|keyId|tokenId|secretName|has[A-Z].*|is[A-Z].*)$/;

/** What a secret looks like, whatever its field is called. */
const secretValue = new RegExp(
	[
		"(ops_eyJ|fm1[ar]_|fm2_|glc_|ABSK|FLWSECK|v1\\.0-)[A-Za-z0-9+/=_-]{16,}",
		"(?<=\\bcurl\\b.{0,400}\\s(-u|--user)[= \\t]{0,5})(\"[^\"]*\"|'[^']*'|\\S+)",
		"(?<=[Pp]assword[\\w\\s.'\"-]{0,40}[=:>]{1,5}[\\s'\"=`>]{0,8})[^\\s'\"]{8,}",
		"A{20,}[A-Za-z0-9%]{20,}",
		// An id behind a name that says what it is.
		"(?<=([Kk]ey|[Tt]oken|[Ss]ecret|[Hh]eroku|[Hh]ubspot|[Ss]nyk)[\\w\\s.'\"-]{0,40}[=:>|,?]{1,5}[\\s'\"=`>]{0,8})[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
		"qd_[a-z]+_[A-Za-z0-9_-]{16,}", // our own keys
		"eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]*", // JSON web tokens
		"-----BEGIN [A-Z ]*PRIVATE KEY-----",
		"(sk|pk|rk)[-_][A-Za-z0-9_-]{20,}", // model and payment providers
		"gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}|gl[a-z]{2,5}-[A-Za-z0-9_-]{20,}",
		"(AKIA|ASIA)[A-Z0-9]{16}",
		"AIza[A-Za-z0-9_-]{35}",
		"xox[a-z]-[A-Za-z0-9-]{8,}",
		"\\$argon2(id|i|d)\\$\\S+|\\$2[aby]\\$\\d\\d\\$\\S+",
		"(Bearer|Basic) [A-Za-z0-9+/=._~-]{12,}",
		"[a-z][a-z0-9+.-]*://[^\\s/:@]*:[^\\s/@]+@", // an address with a password in it
	].join("|"),
	"g",
);

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Longer than words with a number in them; shorter than what is drawn as a secret. */
const shortestRandom = 12;
/** What was drawn at random changes between letters and figures again and again, which no word, date or version does. */
function isRandom(word: string): boolean {
	if (uuid.test(word)) return false;
	return word.split(/[-_.:/+=~]/).some((part) => {
		if (part.length < shortestRandom) return false;
		const changes = part.match(/\d(?=[A-Za-z])|[A-Za-z](?=\d)/g)?.length ?? 0;
		return changes >= 3;
	});
}
const longWord = new RegExp(`[\\w.:/+=~-]{${shortestRandom},}`, "g");
const words = /[^:/=]+/g;
/** Word by word, so that an address keeps what is no secret in it. */
const withoutRandom = (text: string): string =>
	text.replace(longWord, (long) =>
		uuid.test(long) ? long : long.replace(words, (word) => (isRandom(word) ? masked : word)),
	);

/** Fields that hold what was drawn at random, or worked out, and is no secret. */
const idName = /(^|[a-z])(ids?|Ids?|sha256|digest|kid|root|targets|cursor)$/;

/** A value that may be kept: secrets masked by their field's name and by how they look, long texts cut, in well-formed Unicode. */
export function maskSecrets(value: unknown, name = "", depth = 0): unknown {
	if (value === null || value === undefined) return null;
	if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) return value;
	if (value instanceof Date) return value.toISOString();
	if (secretName.test(name) && !plainName.test(name)) return masked;
	if (typeof value === "string") return idName.test(name) ? cutText(maskKnown(value)) : maskText(value);
	if (typeof value !== "object") return String(value);
	if (depth === deepest) return "…";
	if (Array.isArray(value)) return value.slice(0, mostItems).map((item) => maskSecrets(item, name, depth + 1));
	return Object.fromEntries(
		Object.entries(value).map(([key, inner]) => [cleanText(key), maskSecrets(inner, key, depth + 1)]),
	);
}

/** NUL and lone halves of characters are text to JavaScript, and none to PostgreSQL. */
export const cleanText = (text: string): string => text.toWellFormed().replaceAll("\0", "�");

export const maskText = (text: string): string => cutText(withoutRandom(maskKnown(text)));

const maskKnown = (text: string): string =>
	cleanText(text.length > longestText * 2 ? text.slice(0, longestText * 2) : text).replace(secretValue, masked);

const cutText = (text: string): string =>
	text.length > longestText ? `${text.slice(0, longestText).toWellFormed()}…` : text;

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
