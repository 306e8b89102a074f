"use client";

import { Textarea, TextInput } from "@mantine/core";
import styles from "./access.module.css";

/** What people call a role, and when to give it. */
export default function RoleNames(props: {
	name: string;
	description: string;
	onName: (name: string) => void;
	onDescription: (description: string) => void;
}) {
	return (
		<div className={styles.stack} style={{ maxWidth: 560 }}>
			<TextInput
				label="Name"
				maxLength={60}
				value={props.name}
				onChange={(event) => props.onName(event.currentTarget.value)}
			/>
			<Textarea
				label="What it is for"
				autosize
				minRows={1}
				maxLength={300}
				value={props.description}
				onChange={(event) => props.onDescription(event.currentTarget.value)}
			/>
		</div>
	);
}
