import { useEffect, useRef, useState } from "react";
import { amount, unitOf } from "@/components/budgets/budget-words";
import { Button } from "@/components/ui/button";
import type { RaiseAsked } from "@/server/approvals/contract";
import styles from "./approvals.module.css";

/** Another amount than the one that was asked for. It is tried out first; approving it is a step of its own. */
export function AmountForm(props: {
	raise: RaiseAsked;
	isBusy: boolean;
	onCancel: () => void;
	onEdit: (most: number) => void;
}) {
	const { measure, currency, most, now } = props.raise;
	const unit = unitOf[measure];
	const [text, setText] = useState(() => String(most / unit));
	const field = useRef<HTMLInputElement>(null);
	useEffect(() => field.current?.focus(), []);
	const wanted = Math.round(Number(text) * unit);
	const isMore = Number.isSafeInteger(wanted) && wanted > now;
	const counted = measure === "money" ? currency || "money" : measure === "storage" ? "MB" : measure;
	return (
		<form
			className={styles.reject}
			onSubmit={(event) => {
				event.preventDefault();
				if (isMore && wanted !== most) props.onEdit(wanted);
			}}
		>
			<label>
				Raise it to ({counted}). It is {amount(measure, now, currency)} now.
				<input
					ref={field}
					type="number"
					min={0}
					step="any"
					className={styles.code}
					value={text}
					aria-invalid={!isMore}
					onChange={(event) => setText(event.target.value)}
					onKeyDown={(event) => event.key === "Escape" && props.onCancel()}
				/>
			</label>
			{isMore ? null : (
				<p className={styles.problem} role="alert">
					It has to be more than it is now.
				</p>
			)}
			<div className={styles.buttons}>
				<Button type="submit" look="primary" isBusy={props.isBusy} disabled={!isMore || wanted === most}>
					Try it out
				</Button>
				<Button onClick={props.onCancel}>Cancel</Button>
			</div>
		</form>
	);
}
