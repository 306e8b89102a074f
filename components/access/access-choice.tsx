"use client";

import { Radio } from "@mantine/core";
import type { Access } from "@/server/core/permissions";

/** Whether what one makes is for everyone; the Share dialog says it finer, afterwards. */
export function AccessChoice(props: {
	label: string;
	value: Access;
	onChange: (value: Access) => void;
	/** What it means for each. */
	says: Record<Access, string>;
	isFixed?: boolean;
}) {
	return (
		<Radio.Group
			label={props.label}
			value={props.value}
			onChange={(value) => props.onChange(value === "everyone" ? "everyone" : "private")}
		>
			<div style={{ display: "flex", flexDirection: "column", gap: 10, paddingTop: 4 }}>
				<Radio
					value="private"
					label="Only me, and whom I share it with"
					description={props.says.private}
					disabled={props.isFixed}
				/>
				<Radio value="everyone" label="Everyone with an account" description={props.says.everyone} />
			</div>
		</Radio.Group>
	);
}
