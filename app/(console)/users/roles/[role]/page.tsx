import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { cache as remember } from "react";
import { Filled, read } from "@/app/filled";
import { RoleView } from "@/components/access/role-editor";
import { OneRole } from "@/server/access/contract";

type Props = { params: Promise<{ role: string }> };
async function roleOf({ params }: Props): Promise<OneRole["role"]> {
	const input = OneRole.safeParse(await params);
	return input.success ? input.data.role : notFound();
}
const readRole = remember((role: OneRole["role"]) => read((api) => api.access.getRole({ role })));

export async function generateMetadata(props: Props): Promise<Metadata> {
	const answer = await readRole(await roleOf(props));
	return { title: answer.kind === "read" ? answer.data.role.name : "Role" };
}

export default async function RolePage(props: Props) {
	const role = await roleOf(props);
	const answer = await readRole(role);
	return (
		<Filled
			fill={async (_api, cache, keys) => {
				if (answer.kind === "read") cache.setQueryData(keys.access.getRole.queryKey({ role }), answer.data);
			}}
		>
			<RoleView role={role} />
		</Filled>
	);
}
