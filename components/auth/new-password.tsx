"use client";

import { PasswordInput } from "@mantine/core";
import { PasswordStrength } from "./password-strength";

/** Where a new password is chosen. It can be pasted and looked at; a password manager knows what it is for. */
export function NewPassword(props: {
	label: string;
	value: string;
	onChange: (value: string) => void;
	least?: number | undefined;
	error?: string | undefined;
	isFirst?: boolean;
}) {
	const { least = 15 } = props;
	return (
		<div>
			<PasswordInput
				label={props.label}
				description={`At least ${least} characters. A sentence is easy to remember and hard to guess.`}
				autoComplete="new-password"
				autoFocus={props.isFirst}
				required
				withAsterisk={false}
				value={props.value}
				onChange={(event) => props.onChange(event.currentTarget.value)}
				error={props.error}
				visibilityToggleButtonProps={{ "aria-label": "Show or hide the password" }}
			/>
			<PasswordStrength password={props.value} least={least} />
		</div>
	);
}
