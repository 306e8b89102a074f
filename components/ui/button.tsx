import type { Icon } from "@tabler/icons-react";
import type { ComponentProps, ReactNode } from "react";
import styles from "./button.module.css";

export type Look = {
	/** One primary a view: what one most likely came for. */
	look?: "primary" | "plain" | "quiet" | "danger";
	size?: "small" | "normal";
	icon?: Icon;
	children?: ReactNode;
};

export const marked = ({ icon: Mark, children }: Look) => (
	<>
		{Mark ? <Mark size={16} stroke={1.5} aria-hidden="true" /> : null}
		{children}
	</>
);

/** Mantine's button costs 9 kB on every first screen; this one looks the same and costs nothing. */
export function Button({
	look,
	size,
	icon,
	children,
	isBusy,
	...props
}: Look & { isBusy?: boolean } & ComponentProps<"button">) {
	return (
		<button
			type="button"
			{...props}
			disabled={props.disabled || isBusy}
			className={`${styles.button} ${props.className ?? ""}`}
			data-look={look ?? "plain"}
			data-size={size}
			data-busy={isBusy || undefined}
			aria-busy={isBusy || undefined}
		>
			{marked({ icon, children })}
		</button>
	);
}

/** A button that shows a sign only; its label is read out and shown on hover. */
export function IconButton({
	icon: Mark,
	label,
	size,
	...props
}: { icon: Icon; label: string; size?: "small" } & ComponentProps<"button">) {
	return (
		<button type="button" aria-label={label} title={label} {...props} className={styles.icon} data-size={size}>
			<Mark size={size === "small" ? 15 : 17} stroke={1.5} aria-hidden="true" />
		</button>
	);
}
