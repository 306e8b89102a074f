import { type Detect, type Find, matchesOf, untangled } from "./find";
import { entropyOf, looksDrawn } from "./random-text";

/** Beginnings that providers give their keys, so that they can be found (each with how long the rest is at least). */
const prefixed = [
	"sk-ant-[a-z0-9]{2,8}-[\\w-]{20,}",
	"sk-(?:proj-|svcacct-|admin-)?[\\w-]{20,}",
	"(?:sk|pk|rk)_(?:live|test|prod)_[A-Za-z0-9]{10,}",
	"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\\w{20,}",
	"gl(?:pat|ptt|dt|ft|rt|cbt|imt|oas|soat|agent|ffct)-[\\w.-]{20,}|GR1348941[\\w-]{20}",
	"(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}|ABSK[A-Za-z0-9+/]{40,}={0,2}",
	"AIza[\\w-]{35}|ya29\\.[\\w-]{20,}|GOCSPX-[\\w-]{20,}",
	"xox[a-z](?:\\.xox[a-z])?-[\\w-]{8,}|xapp-\\d-[A-Za-z0-9-]{10,}",
	"https://hooks\\.slack\\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{20,}",
	"https://[\\w.-]{0,60}webhook\\.office\\.com/webhookb2/[\\w@/-]{20,}",
	"EAA[A-Za-z0-9]{40,}",
	"SG\\.[\\w.-]{30,}|xkeysib-[a-f0-9]{40,}-[A-Za-z0-9]{10,}|key-[a-f0-9]{32}|pubkey-[a-f0-9]{32}",
	"SK[0-9a-fA-F]{32}|AC[a-f0-9]{32}",
	"npm_[A-Za-z0-9]{30,}|pypi-AgE[\\w-]{40,}|rubygems_[a-f0-9]{40,}|oy2[a-z0-9]{43}",
	"do[oprt]_v1_[a-f0-9]{40,}|dapi[a-f0-9]{32}(?:-\\d)?|dt0[a-z]\\d\\d\\.[A-Za-z0-9.]{40,}|dop_[a-z0-9_]{30,}",
	"s\\.(?=[a-z]{0,20}\\d)[a-zA-Z0-9]{24}(?![\\w])|hvs\\.[\\w-]{20,}|hvb\\.[\\w-]{20,}|[a-z0-9]{14}\\.atlasv1\\.[\\w=-]{50,}",
	"sntry[usi]_[A-Za-z0-9+/=_-]{30,}|lin_api_[A-Za-z0-9]{30,}|lin_oauth_[a-z0-9]{30,}|pul-[a-f0-9]{40}|PMAK-[a-f0-9-]{30,}",
	"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|sq0[a-z]{3}-[\\w-]{22,}|EAAA[\\w-]{50,}|sh(?:ippo)_(?:live|test)_[a-fA-F0-9]{30,}",
	"shippo_(?:live|test)_[a-fA-F0-9]{30,}|duffel_(?:live|test)_[\\w=-]{30,}|EZ[AT]K[a-zA-Z0-9]{40,}|fio-u-[\\w=-]{50,}",
	"FLWSECK(?:_TEST)?-[A-Za-z0-9]{12,}-?X?|FLWPUBK(?:_TEST)?-[A-Za-z0-9]{12,}-?X?|[sp]k_[a-z]{4}_[A-Za-z0-9]{16,}",
	"hf_[A-Za-z]{30,}|api_org_[A-Za-z]{30,}|pplx-[A-Za-z0-9]{40,}|gsk_[A-Za-z0-9]{40,}|r8_[A-Za-z0-9]{30,}|xai-[A-Za-z0-9]{40,}",
	"glc_[A-Za-z0-9+/]{30,}={0,3}|glsa_[A-Za-z0-9]{30,}_[a-f0-9]{8}|eyJrIjoi[A-Za-z0-9+/]{60,}={0,3}",
	"fo1_[\\w-]{40,}|fm[12][ar]?_[A-Za-z0-9+/]{60,}={0,3}|HRKU-[\\w-]{30,}|ops_eyJ[A-Za-z0-9+/]{60,}={0,3}",
	"A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}",
	"v1\\.0-[a-f0-9]{24}-[a-f0-9]{40,}|LTAI[A-Za-z0-9]{16,}|AKCp[A-Za-z0-9]{40,}|p8e-[A-Za-z0-9]{32}|ico-[A-Za-z0-9]{32}|API-[A-Z0-9]{26}",
	"sm_(?:pat|aat|sat)_[A-Za-z0-9]{16,}|rdme_[a-z0-9]{40,}|sgp_[A-Za-z0-9_]{40,}|tfp_[\\w.=-]{40,}|dnkey-[\\w=-]{40,}",
	"pat[A-Za-z0-9]{14}\\.[a-f0-9]{64}|(?:pat|sat)\\.[\\w-]{22}\\.[A-Za-z0-9]{24}\\.[A-Za-z0-9]{20}|NR(?:AK|JS|II)-[A-Za-z0-9-]{19,}",
	"AGE-SECRET-KEY-1[0-9A-Z]{50,}|CLOJARS_[a-z0-9]{50,}|t1\\.[\\w-]{1,200}={0,2}\\.[\\w-]{80,}={0,2}|AQVN[\\w-]{30,}|YC[\\w-]{38}",
	"Q~[\\w~.-]{31,}|[a-zA-Z0-9_~.]{3}\\dQ~[a-zA-Z0-9_~.-]{31,34}",
	"(?:live|test)_(?:pub_)?[a-f0-9]{31,}|access-(?:sandbox|development|production)-[0-9a-f-]{36}|pk\\.[a-z0-9]{40,}\\.[a-z0-9]{20,}|sl\\.[\\w=-]{100,}",
	"[MNO][A-Za-z0-9_-]{23,25}\\.[\\w-]{6}\\.[\\w-]{27,}|\\d{5,16}:A[A-Za-z0-9_-]{34}",
	"eyJ[\\w-]{8,}\\.(?:eyJ)?[\\w-]{8,}(?:\\.[\\w-]*)?|ZXlK[A-Za-z0-9+/]{30,}={0,2}",
	"qd_[a-z]{2,10}_[\\w-]{16,}",
	"\\$argon2(?:id|i|d)\\$[^\\s\"']{20,}|\\$2[abxy]\\$\\d\\d\\$[./A-Za-z0-9]{53}",
	"_gitlab_session=[0-9a-z]{32}",
	"A{20,}[A-Za-z0-9%]{30,}",
	"AT(?:ATT3|CTT3|BB)[\\w=-]{20,}|dp\\.(?:pt|st|ct|sa|scim|audit)\\.[\\w.]{20,}|s-s4t2(?:ud|af)-[a-f0-9]{40,}",
	"(?:xox[bpears]|xoxe\\.xox[bp])-[\\w-]{8,}|whsec_[A-Za-z0-9+/=]{24,}|sq[pua]_[a-f0-9]{40}|sha256~[\\w-]{43}",
	"dckr_(?:pat|oat)_[\\w-]{20,}|sbp_(?:oauth_)?[a-f0-9]{40}|sb_secret_[\\w-]{20,}|figd_[\\w-]{30,}|ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43}",
	"tskey-[a-z]{3,12}-[\\w-]{15,}|pscale_(?:tkn|pw|oauth)_[\\w.=-]{32,}|pnu_[a-z0-9]{36}|tk-us-[\\w-]{40,}|nvapi-[\\w-]{40,}",
	"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{8,}|pcsk_[\\w-]{40,}|tgp_v1_[\\w-]{30,}|fw_[A-Za-z0-9]{22,}|csk-[a-z0-9]{40,}|ph[cx]_[A-Za-z0-9]{40,}",
	"CCIPAT_[A-Za-z0-9_]{30,}|bkua_[a-f0-9]{40}|nf[pcou]_[A-Za-z0-9]{36}|rnd_[A-Za-z0-9]{28,}|waka_[a-f0-9-]{36}|pat-(?:na|eu)\\d-[a-f0-9-]{36}",
	"amzn\\.mws\\.[a-f0-9-]{36}|amzn1\\.oa2-cs\\.v1\\.[a-f0-9]{64}|1//0[\\w-]{40,}|cmVmd[A-Za-z0-9]{59}|4b1d[A-Za-z0-9]{38}",
	"[a-f0-9]{32}-us\\d{1,2}|[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk|glpat-[\\w.-]{20,}|glwt-[\\w-]{20,}|b_[a-z0-9=_-]{44}|xprv[A-Za-z0-9]{100,}",
	"vc[pkiar]_[A-Za-z0-9]{24,}|cf(?:ut|at|k)_[A-Za-z0-9]{40,}|apify_api_[A-Za-z0-9]{30,}|sk_[a-f0-9]{48}|ctp_[A-Za-z0-9]{30,}|pa-[\\w-]{43}",
];
const keyPattern = new RegExp(`(?<![A-Za-z0-9])(?:${prefixed.join("|")})`, "g");
const privateKey =
	/-----BEGIN[ A-Z0-9_-]{0,100}PRIVATE KEY(?: BLOCK)?-----[\s\S]{0,8000}?(?:-----END[ A-Z0-9_-]{0,100}-----|$)/g;
/** An address with a password in it. */
const inAddress = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'<>]{0,80}:([^\s/@"'<>]{3,100})@[\w.-]/gi;
const header =
	/\b(?:authorization|proxy-authorization|x-api-key|api-key|private-token|x-auth-token|cookie)["']?\s{0,3}[:=]\s{0,3}["']?(?:(?:bearer|basic|token|apikey|digest|api-token)\s+)?([\w+/=.~:-]{8,})/gi;
const bearer = /\b(?:Bearer|Basic)\s+([A-Za-z0-9+/=._~-]{16,})/g;
const curlUser =
	/\bcurl\b[\s\S]{0,400}?\s(?:-u|--user)[= \t]{0,5}(?:"([^"]{3,200})"|'([^']{3,200})'(?!:)|((?:"[^"]{3,200}"|'[^']{3,200}'|[^\s:"']{1,200}):(?:"[^"]{3,200}"|'[^']{3,200}'|[^\s"']{1,200})))/g;
const curlHeader =
	/\bcurl\b[\s\S]{0,400}?\s(?:-H|--header)[= \t]{0,5}["'][\w-]{0,40}(?:auth|token|key|secret)[\w-]{0,40}:\s{0,5}(?:\w{3,12}\s+)?([^"'\s]{8,300})/gi;

const operator = "[\\s\"'`]{0,12}(?:\\|\\||:{1,3}=|\\?=|=>|=|>|:|,)[\\s\"'`=>]{0,8}";
const value = "([^\\s\"'`,;<>(){}[\\]\\\\]{6,300})";
/** `name = value`, `name: "value"`, `name => value`, in every language of settings and code. */
const assigned = new RegExp(`([A-Za-z][\\w.-]{0,80}(?:[ \\t][\\w.-]{1,20}){0,2})${operator}${value}`, "g");
const secretName =
	/(?:pass(?:word|phrase|wd|wort)?|pwd|secret|token|credential|api[_.-]?key|access[_.-]?key|private[_.-]?key|signing[_.-]?key|client[_.-]?(?:id|key)|encryption[_.-]?key|auth|apikey|sharedkey|account[_.-]?key|(?:^|[_.-])key)\b|(?:pass(?:word|phrase|wd)|secret|token|api_?key)[_.-]?\w{0,20}$/i;
const passwordName = /pass(?:word|phrase|wd|wort)?|pwd|passcode|kennwort/i;
/** Services whose keys have no beginning of their own: their name beside one gives it away. */
const services =
	/(?:adafruit|adobe|aiven|akamai|anthropic|apify|appveyor|buildkite|circleci|clickhouse|cohere|deepgram|doppler|elastic|elevenlabs|figma|firebase|freemius|frame\.?io|github|gitlab|grafana|groq|harness|honeycomb|ionic|jenkins|kubernetes|langsmith|meraki|mistral|mongodb|nuget|npm|nvidia|octopus|openshift|opsgenie|percy|pinecone|planetscale|pulumi|pypi|render|replicate|rollbar|sourcegraph|splunk|sumologic|tailscale|terraform|together|vault|wakatime|zapier|airtable|alchemy|algolia|alibaba|amplitude|asana|atlassian|auth0|aws|azure|beamer|bitbucket|bittrex|cisco|cloudflare|codecov|coinbase|confluence|confluent|contentful|contentstack|datadog|digitalocean|discord|docker|droneci|dropbox|etsy|facebook|fastly|finicity|finnhub|flickr|freshbooks|freshdesk|gcp|gitter|gocardless|google|hashicorp|heroku|hubspot|infura|intercom|intra42|jfrog|artifactory|bintray|xray|jira|kraken|kucoin|launchdarkly|linear|linkedin|lob|looker|mailchimp|mailgun|mapbox|mattermost|maxmind|message[_-]?bird|microsoft|netlify|new[-_]?relic|notion|nytimes|newyorktimes|okta|onelogin|openai|openweather|pagerduty|paypal|pinata|plaid|postmark|postman|privateai|pusher|rapidapi|readme|salesforce|scalingo|segment|sendbird|sendgrid|sendinblue|sentry|shippo|shopify|sidekiq|slack|snyk|sonar|spotify|square|squarespace|stripe|sumo(?:logic)?|supabase|telegr(?:am)?|tines|travis|trello|twilio|twitch|twitter|typeform|vercel|yandex|zendesk|BUNDLE_\w{1,60})/i;

const byService = new RegExp(`(${services.source}[ \\t\\w.-]{0,20})${operator}${value}`, "gi");

function isSecretValue(name: string, value: string): boolean {
	const text = value.replace(/[.,;:!?]+$/, "");
	if (text.length < 6 || isPlaceholder(text)) return false;
	if (passwordName.test(name)) return text.length >= 8 && /\d|[^\p{L}\d]/u.test(text) && !/^[\p{L}-]+$/u.test(text);
	if (secretName.test(name)) return text.length >= 10 && looksDrawn(text, 2.6);
	if (services.test(name)) return text.length >= 11 && /^[\w=+/.:~-]+$/.test(text) && looksDrawn(text, 2.6);
	return false;
}

/** What stands where a secret goes, and is none. */
const isPlaceholder = (text: string): boolean =>
	/^(?:[x*•.#_-]+|<.*|\$\{?[\w.]+\}?|%\w+%|\{\{.*|process\.env.*|os\.(?:environ|getenv).*|your[-_].*|my[-_].*|example.*|changeme|placeholder|redacted|null|undefined|none|true|false|https?:\/\/[^\s:@]*)$/i.test(
		text,
	) || new Set(text).size < 4;

/** Drawn at random and standing by itself: long, of one alphabet, with letters and figures all through. */
const lone = /(?<![\w/+.=:@-])[A-Za-z0-9+/_-]{32,200}={0,2}(?![\w/+=@-])/g;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
function isLoneSecret(text: string): boolean {
	if (uuid.test(text)) return false;
	// Digests and ids of commits are written in hexadecimal everywhere; they give nothing away.
	if (/^(?:[0-9a-f]+|[0-9A-F]+)$/.test(text)) return false;
	if (/[/_-]/.test(text) && text.split(/[/_-]/).every((part) => part.length < 20)) return false;
	const hasAll = /\d.*\d/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text);
	return hasAll && entropyOf(text) >= 4.2;
}

/** Kubernetes: whatever a manifest of a secret holds. */
const manifest =
	/\bkind:[ \t]{0,4}["']?secret\b[\s\S]{0,400}?\bdata:[\s\S]{0,200}?\b[\w.-]{1,60}:[ \t|>-]{0,6}\s{0,6}["']?([\w+/=-]{10,4000})|\bdata:\s{1,6}[\w.-]{1,60}:[ \t|>-]{0,6}\s{0,6}["']?([\w+/=-]{10,4000})[\s\S]{0,400}?\bkind:[ \t]{0,4}["']?secret\b/gi;
/** Settings of package managers and builds in XML. */
const inXml =
	/<(?:add key=["'](?:ClearText)?Password["'] value=["']|(?:password|passphrase|token|secret|apikey)>)([^"'<>\s]{6,200})/gi;

/** Keys, tokens, passwords. */
export const findSecrets: Detect = (text) => {
	const finds: Find[] = [];
	const add = (kind: string, start: number, length: number) => finds.push({ kind, start, end: start + length });
	const addGroup = (kind: string, match: RegExpMatchArray, group: string | undefined) => {
		if (group) add(kind, (match.index ?? 0) + match[0].lastIndexOf(group), group.length);
	};
	for (const match of matchesOf(keyPattern, text)) add("key", match.index, match[0].length);
	for (const match of matchesOf(privateKey, text)) add("private_key", match.index, match[0].length);
	for (const match of matchesOf(inAddress, text))
		if (!isPlaceholder(match[1] ?? "")) addGroup("password", match, match[1]);
	for (const pattern of [header, bearer, curlHeader])
		for (const match of matchesOf(pattern, text)) if (!isPlaceholder(match[1] ?? "")) addGroup("key", match, match[1]);
	for (const match of matchesOf(manifest, text)) addGroup("key", match, match[1] ?? match[2]);
	for (const match of matchesOf(inXml, text)) if (!isPlaceholder(match[1] ?? "")) addGroup("password", match, match[1]);
	for (const match of matchesOf(curlUser, text)) addGroup("password", match, match[1] ?? match[2] ?? match[3]);
	for (const match of [...matchesOf(assigned, text), ...matchesOf(byService, text)]) {
		const [, name = "", value = ""] = match;
		if (isSecretValue(name, value)) addGroup(passwordName.test(name) ? "password" : "key", match, value);
	}
	for (const match of matchesOf(lone, text)) if (isLoneSecret(match[0])) add("random", match.index, match[0].length);
	return untangled(finds);
};
