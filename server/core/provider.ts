import { domainToASCII } from "node:url";
import { env } from "./env";

/** The organisation's OpenID Connect provider, as it is configured; null where there is none. */
export type Provider = {
	issuer: string;
	clientId: string;
	clientSecret: string;
	/** What people call it. */
	name: string;
	/** Mail domains whose people sign in there and no other way. */
	domains: readonly string[];
	/** What newcomers become; null where only who is linked or invited gets in. */
	role: string | null;
};

export function provider(): Provider | null {
	const { QD_OIDC_ISSUER, QD_OIDC_CLIENT_ID, QD_OIDC_CLIENT_SECRET, QD_OIDC_NAME, QD_OIDC_DOMAINS, QD_OIDC_ROLE } =
		env();
	if (!QD_OIDC_ISSUER || !QD_OIDC_CLIENT_ID || !QD_OIDC_CLIENT_SECRET) return null;
	return {
		issuer: QD_OIDC_ISSUER,
		clientId: QD_OIDC_CLIENT_ID,
		clientSecret: QD_OIDC_CLIENT_SECRET,
		name: QD_OIDC_NAME,
		domains: QD_OIDC_DOMAINS ?? [],
		role: QD_OIDC_ROLE ?? null,
	};
}

/** The part after the last @, as mail servers compare it. */
const domainOf = (email: string): string =>
	domainToASCII(
		email
			.slice(email.lastIndexOf("@") + 1)
			.trim()
			.replace(/\.$/, ""),
	);

export const isOfDomain = (email: string, domains: readonly string[]): boolean => domains.includes(domainOf(email));

/** What the provider is called that people with this address have to sign in with; null where they may as they like. */
export function requiredProvider(email: string): string | null {
	const one = provider();
	return one && isOfDomain(email, one.domains) ? one.name : null;
}
