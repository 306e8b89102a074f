/** What went wrong, as far as its reader needs it. */
export type Failure = {
	message: string;
	/** Its kind, such as CONFLICT; null where no answer came. */
	code: string | null;
	requestId: string | null;
	/** The session ended: signing in again is the way on. */
	isSessionOver: boolean;
	/** Trying again may help. */
	mayPass: boolean;
	/** What is wrong with which field of a form. */
	fields: Record<string, string>;
};

/** A failure of which there is no more to say than its message. */
export const plainFailure = (message: string): Failure => ({
	message,
	code: null,
	requestId: null,
	isSessionOver: false,
	mayPass: false,
	fields: {},
});
