import { appRouter, type createCaller } from "@/server/trpc/root";

type Callable = { _def: { type: "query" | "mutation" | "subscription"; meta?: { tool: string | null } } };
/** tRPC keeps its procedures by their whole name, typed as unknown. */
export const proceduresByName = (): Record<string, Callable | undefined> =>
	appRouter._def.procedures as unknown as Record<string, Callable | undefined>;

/** The one place where a procedure is reached by its name: what is typed by the name goes in and comes out. */
export function callByName<Result>(
	caller: ReturnType<typeof createCaller>,
	name: string,
	input: unknown,
): Promise<Result> {
	let at: unknown = caller;
	for (const part of name.split(".")) at = Reflect.get(at as object, part);
	return (at as (input: unknown) => Promise<Result>)(input);
}
