import type { Metadata } from "next";
import { Filled } from "@/app/filled";
import { readerOf, type SearchParams } from "@/app/search-params";
import { NewRole } from "@/components/access/role-editor";
import { OneRole } from "@/server/access/contract";

export const metadata: Metadata = { title: "New role" };

export default async function NewRolePage({ searchParams }: { searchParams: SearchParams }) {
	const from = OneRole.safeParse({ role: (await readerOf(searchParams))("from") });
	return (
		<Filled fill={async () => {}}>
			<NewRole from={from.success ? from.data.role : null} />
		</Filled>
	);
}
