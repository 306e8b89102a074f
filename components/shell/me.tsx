"use client";

import { createContext, type ReactNode, useContext } from "react";
import { type Permission, type Role, roleMay } from "@/server/core/permissions";

export type Person = { id: string; name: string; email: string; role: Role };
const MeContext = createContext<Person | null>(null);

export function MeProvider({ me, children }: { me: Person; children: ReactNode }) {
	return <MeContext value={me}>{children}</MeContext>;
}

export function useMe(): Person {
	const me = useContext(MeContext);
	if (!me) throw new Error("useMe stands outside the console's layout");
	return me;
}

/** What to show; the procedure still decides. */
export function useMay(permission: Permission): boolean {
	return roleMay(useMe().role, permission);
}
