import { AppError, type ErrorCode } from "@/server/core/errors";

/** The words of OAuth for what is wrong (RFC 6749, 7591, 8707). */
export type OAuthError =
	| "invalid_request"
	| "invalid_client"
	| "invalid_grant"
	| "invalid_scope"
	| "invalid_target"
	| "invalid_redirect_uri"
	| "invalid_client_metadata"
	| "unauthorized_client"
	| "unsupported_grant_type"
	| "unsupported_response_type"
	| "access_denied"
	| "temporarily_unavailable"
	| "server_error";

/** What is wrong, for the program. */
export class OAuthProblem extends AppError {
	constructor(
		readonly error: OAuthError,
		message: string,
		code: ErrorCode = "INVALID_INPUT",
	) {
		super(code, message);
	}
}
