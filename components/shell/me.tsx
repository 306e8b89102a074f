"use client";

import { createContext, type ReactNode, useContext } from "react";
import type { Permission } from "@/server/core/permissions";
import type { Me } from "@/server/users/contract";

const MeContext = createContext<Me | null>(null);

export function MeProvider({ me, children }: { me: Me; children: ReactNode }) {
	return <MeContext value={me}>{children}</MeContext>;
}

export function useMe(): Me {
	const me = useContext(MeContext);
	if (!me) throw new Error("useMe stands outside the console's layout");
	return me;
}

/** What to show; the procedure still decides. */
export function useMay(permission: Permission): boolean {
	return useMe().permissions.includes(permission);
}
