import { useEffect, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import styles from "./approvals.module.css";
import { laidOut } from "./visible-text";

/** Other arguments for a call. They are tried out first; approving them is a step of its own. */
export function EditForm(props: {
	current: string;
	isBusy: boolean;
	onCancel: () => void;
	onEdit: (changed: string) => void;
}) {
	const [text, setText] = useState(() => laidOut(props.current));
	const field = useRef<HTMLTextAreaElement>(null);
	useEffect(() => field.current?.focus(), []);
	const problem = problemOf(text);
	return (
		<form
			className={styles.reject}
			onSubmit={(event) => {
				event.preventDefault();
				if (!problem) props.onEdit(text);
			}}
		>
			<label>
				Other arguments, as JSON. They can name nothing that was not asked for.
				<textarea
					ref={field}
					rows={Math.min(16, text.split("\n").length + 1)}
					spellCheck={false}
					className={styles.code}
					value={text}
					aria-invalid={problem !== null}
					onChange={(event) => setText(event.target.value)}
					onKeyDown={(event) => event.key === "Escape" && props.onCancel()}
				/>
			</label>
			{problem ? (
				<p className={styles.problem} role="alert">
					{problem}
				</p>
			) : null}
			<div className={styles.buttons}>
				<Button type="submit" look="primary" isBusy={props.isBusy} disabled={problem !== null}>
					Try it out
				</Button>
				<Button onClick={props.onCancel}>Cancel</Button>
			</div>
		</form>
	);
}

function problemOf(text: string): string | null {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === "object" && value !== null && !Array.isArray(value) ? null : "This is no JSON object.";
	} catch {
		return "This is not JSON yet.";
	}
}
