"use client";

import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useState } from "react";
import styles from "./copy.module.css";

/** The clipboard API is missing on plain http: a hidden field is the way that is left there. */
async function writeClipboard(text: string): Promise<void> {
	if (navigator.clipboard) return navigator.clipboard.writeText(text);
	const field = document.createElement("textarea");
	field.value = text;
	field.style.position = "fixed";
	field.style.opacity = "0";
	document.body.append(field);
	field.select();
	document.execCommand("copy");
	field.remove();
}

function useCopied(text: string): [boolean, () => void] {
	const [isCopied, setCopied] = useState(false);
	const copy = () => {
		void writeClipboard(text).then(() => {
			setCopied(true);
			setTimeout(() => setCopied(false), 1500);
		});
	};
	return [isCopied, copy];
}

/** An id that can be copied; long ones are cut in the middle, the whole is on hover. */
export function CopyId({ value, label, length = 13 }: { value: string; label: string; length?: number }) {
	const [isCopied, copy] = useCopied(value);
	const Mark = isCopied ? IconCheck : IconCopy;
	const isCut = value.length > length + 2;
	const shown = isCut ? value.slice(0, length) : value;
	return (
		<button
			type="button"
			className={styles.id}
			onClick={copy}
			title={value}
			aria-label={isCopied ? `${label} copied` : `Copy ${label} ${shown}`}
		>
			<span data-cut={isCut || undefined}>{shown}</span>
			<Mark size={13} stroke={1.5} aria-hidden="true" />
		</button>
	);
}

export function CopyText({ text, label }: { text: string; label: string }) {
	const [isCopied, copy] = useCopied(text);
	const Mark = isCopied ? IconCheck : IconCopy;
	return (
		<button type="button" className={styles.text} onClick={copy} aria-label={isCopied ? "Copied" : label}>
			<Mark size={15} stroke={1.5} aria-hidden="true" />
			<span>{isCopied ? "Copied" : "Copy"}</span>
		</button>
	);
}
