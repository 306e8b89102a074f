"use client";

import { IconSearch } from "@tabler/icons-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import styles from "./field.module.css";

const settleMs = 300;

/** A filter to type in: it takes effect once the typing rests, or with Enter. */
export function FilterText(props: { label: string; value: string; onChange: (value: string) => void; size?: number }) {
	const [typed, setTyped] = useState(props.value);
	const [known, setKnown] = useState(props.value);
	const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
	// The address changed by another way than this field.
	if (known !== props.value) {
		setKnown(props.value);
		setTyped(props.value);
	}
	useEffect(() => () => clearTimeout(timer.current), []);
	const settle = (value: string) => {
		clearTimeout(timer.current);
		setKnown(value.trim());
		props.onChange(value.trim());
	};
	return (
		<span className={styles.filter} data-icon>
			<IconSearch size={15} stroke={1.5} aria-hidden="true" />
			<input
				type="search"
				aria-label={props.label}
				placeholder={props.label}
				value={typed}
				size={props.size}
				onChange={(event) => {
					const { value } = event.target;
					setTyped(value);
					clearTimeout(timer.current);
					timer.current = setTimeout(() => settle(value), settleMs);
				}}
				onKeyDown={(event) => event.key === "Enter" && settle(typed)}
			/>
		</span>
	);
}

export function FilterSelect(props: {
	label: string;
	value: string;
	options: readonly { value: string; label: string }[];
	onChange: (value: string) => void;
}) {
	return (
		<span className={styles.filter}>
			<select aria-label={props.label} value={props.value} onChange={(event) => props.onChange(event.target.value)}>
				{props.options.map((option) => (
					<option key={option.value} value={option.value}>
						{option.label}
					</option>
				))}
			</select>
		</span>
	);
}

export function FilterBar({ label = "Filters", children }: { label?: string; children: ReactNode }) {
	return (
		<search className={styles.bar} aria-label={label}>
			{children}
		</search>
	);
}
