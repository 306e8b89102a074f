/** Input that is read only once the gate has let its caller in: a body, a query that has yet to be made sense of. */
export class LateInput {
	constructor(readonly read: () => unknown) {}
}

export const readInput = async (raw: unknown): Promise<unknown> => (raw instanceof LateInput ? await raw.read() : raw);
