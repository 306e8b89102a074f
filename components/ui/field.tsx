import type { ComponentProps, ReactNode } from "react";
import styles from "./field.module.css";

/** A filter above a table: its label is read out, its placeholder says the same to the eye. */
export function FilterInput({ label, icon, ...props }: { label: string; icon?: ReactNode } & ComponentProps<"input">) {
	return (
		<span className={styles.filter} data-icon={icon ? true : undefined}>
			{icon}
			<input aria-label={label} placeholder={label} {...props} />
		</span>
	);
}

export function FilterSelect({
	label,
	options,
	...props
}: { label: string; options: { value: string; label: string }[] } & ComponentProps<"select">) {
	return (
		<span className={styles.filter}>
			<select aria-label={label} {...props}>
				{options.map((option) => (
					<option key={option.value} value={option.value}>
						{option.label}
					</option>
				))}
			</select>
		</span>
	);
}

export function FilterBar({ children }: { children: ReactNode }) {
	return (
		<search className={styles.bar} aria-label="Filters">
			{children}
		</search>
	);
}
