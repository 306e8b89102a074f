import { redirect } from "next/navigation";
import { areas } from "@/components/shell/areas";
import { read } from "./filled";

/** The first page that one may open; for whoever has no session, sign-in. */
export default async function Home() {
	const me = await read((api) => api.auth.me({}));
	if (me.kind === "failed") throw me.error;
	if (me.kind === "signed out") redirect("/sign-in");
	const entries = areas.flatMap((area) => area.entries);
	redirect(entries.find((entry) => me.data.permissions.includes(entry.permission))?.href ?? "/sign-in");
}
