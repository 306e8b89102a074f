"use client";

import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";

/** One of a person's keys, for whoever may see all keys. */
export function KeySelect(props: { userId: string; value: string | null; onChange: (id: string | null) => void }) {
	const api = useApi();
	const maySee = useMay("keys:manage");
	const keys = useQuery({
		...api.keys.listAll.queryOptions({ limit: 200, filter: { ownerId: { eq: props.userId } } }),
		enabled: maySee,
	});
	const rows = keys.data?.rows ?? [];
	if (rows.length === 0) return null;
	return (
		<NativeSelect
			label="Through which key"
			value={props.value ?? ""}
			onChange={(event) => props.onChange(event.currentTarget.value || null)}
			data={[
				{ value: "", label: "Signed in, without a key" },
				...rows.map(({ id, name }) => ({ value: id, label: name })),
			]}
		/>
	);
}
