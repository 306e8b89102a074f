import type { Metadata } from "next";
import { Proved } from "@/components/auth/proved";

export const metadata: Metadata = { title: "Confirmed" };

/** Where the provider's window ends, once it has confirmed who somebody is. */
export default function ProvedPage() {
	return <Proved />;
}
