import type {
	PublicKeyCredentialCreationOptionsJSON,
	PublicKeyCredentialRequestOptionsJSON,
} from "@simplewebauthn/browser";
import { startAuthentication, startRegistration } from "@simplewebauthn/browser";
import { PasskeyAssertion, PasskeyRegistration } from "@/server/factors/contract";

/** What people read where the browser or its person said no. */
function problemOf(error: unknown): string {
	const name = error instanceof Error ? error.name : "";
	if (name === "InvalidStateError") return "This device has a passkey for your account already.";
	if (name === "NotAllowedError" || name === "AbortError")
		return "No passkey was used: it was cancelled, or there is none here for this address.";
	if (name === "SecurityError") return "The browser allows passkeys on a secure address only (https, or localhost).";
	return "This browser can't use passkeys here.";
}

// The server made them for exactly this call; the contract carries them as a plain record.
const asRequest = (options: unknown) => options as PublicKeyCredentialRequestOptionsJSON;
const asCreation = (options: unknown) => options as PublicKeyCredentialCreationOptionsJSON;

type Asked<T> = { passkey: T; problem?: undefined } | { passkey: null; problem: string };

export async function askPasskey(options: unknown): Promise<Asked<PasskeyAssertion>> {
	try {
		return { passkey: PasskeyAssertion.parse(await startAuthentication({ optionsJSON: asRequest(options) })) };
	} catch (error) {
		return { passkey: null, problem: problemOf(error) };
	}
}

export async function makePasskey(options: unknown): Promise<Asked<PasskeyRegistration>> {
	try {
		return { passkey: PasskeyRegistration.parse(await startRegistration({ optionsJSON: asCreation(options) })) };
	} catch (error) {
		return { passkey: null, problem: problemOf(error) };
	}
}
