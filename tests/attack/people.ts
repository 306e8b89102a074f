import type { Database } from "@/db/connection";
import type { ServiceContext } from "@/server/core/context";
import type { Role } from "@/server/core/permissions";
import { testContext } from "@/tests/support";

/** One person in each role, made when first asked for. */
export function people(db: () => Database): (role: Role) => Promise<ServiceContext> {
	const known = new Map<Role, ServiceContext>();
	return async (role) => {
		const person = known.get(role) ?? (await testContext(db(), { role, name: `B, ${role}` }));
		known.set(role, person);
		return person;
	};
}
