import type { Database } from "@/db/connection";
import type { ServiceContext } from "@/server/core/context";
import type { Role } from "@/server/core/permissions";
import { testContext } from "@/tests/support";

/** What one person is refused more often within a minute than this, and some, is counted together. */
const mostTurns = 100;

/** One person in each role, made when first asked for; after so many turns another. */
export function people(db: () => Database): (role: Role) => Promise<ServiceContext> {
	const known = new Map<Role, { person: ServiceContext; turns: number }>();
	return async (role) => {
		let one = known.get(role);
		if (!one || one.turns >= mostTurns)
			one = { person: await testContext(db(), { role, name: `B, ${role}` }), turns: 0 };
		known.set(role, one);
		one.turns += 1;
		return one.person;
	};
}
