"use client";

import { type Icon, IconCheck, IconChevronDown } from "@tabler/icons-react";
import { type KeyboardEvent, type Ref, useId, useImperativeHandle, useRef, useState } from "react";
import styles from "./picker.module.css";

export type Option = { id: string; label: string; detail: string };
export type PickerHandle = { open: (typed: string) => void };

/** A button that opens a list to search and choose from. All of it goes by keyboard: arrows, Enter, Esc. */
export function Picker(props: {
	label: string;
	/** What is chosen, in the button. */
	shown: string;
	icon: Icon;
	options: Option[];
	chosenIds: string[];
	isMany: boolean;
	emptyText: string;
	onToggle: (id: string) => void;
	/** The list was looked at: time to fetch it. */
	onOpen: () => void;
	onClose: () => void;
	/** It was opened by typing a sign and left without a choice. */
	onGiveBack: (typed: string) => void;
	ref?: Ref<PickerHandle>;
}) {
	const id = useId();
	const list = useRef<HTMLDivElement>(null);
	const search = useRef<HTMLInputElement>(null);
	const [typed, setTyped] = useState<string | null>(null);
	const [query, setQuery] = useState("");
	const [at, setAt] = useState(0);
	const found = props.options.filter((option) => option.label.toLowerCase().includes(query.trim().toLowerCase()));
	const current = found[Math.min(at, found.length - 1)];

	const open = (sign: string | null) => {
		setTyped(sign);
		setQuery("");
		setAt(0);
		props.onOpen();
		list.current?.showPopover();
		search.current?.focus();
	};
	useImperativeHandle(props.ref, () => ({ open }));
	const close = () => {
		list.current?.hidePopover();
		props.onClose();
	};
	const choose = (optionId: string) => {
		props.onToggle(optionId);
		setTyped(null);
		if (!props.isMany) close();
	};
	const onKeyDown = (event: KeyboardEvent) => {
		if (event.key === "ArrowDown" || event.key === "ArrowUp") {
			event.preventDefault();
			const step = event.key === "ArrowDown" ? 1 : -1;
			setAt((before) => Math.max(0, Math.min(found.length - 1, Math.min(before, found.length - 1) + step)));
		}
		if (event.key === "Enter") {
			event.preventDefault();
			if (current) choose(current.id);
			else close();
		}
		if (event.key === "Tab") close();
		if (event.key === "Escape") {
			event.preventDefault();
			event.stopPropagation();
			close();
			if (typed !== null) props.onGiveBack(typed + query);
		}
		if (event.key === "Backspace" && query === "" && typed !== null) {
			event.preventDefault();
			close();
		}
	};
	const Sign = props.icon;
	return (
		<span className={styles.picker}>
			<button
				type="button"
				className={styles.button}
				aria-haspopup="listbox"
				aria-label={`${props.label}: ${props.shown}`}
				onClick={() => open(null)}
				onPointerEnter={props.onOpen}
			>
				<Sign size={15} stroke={1.5} aria-hidden="true" />
				<span>{props.shown}</span>
				<IconChevronDown size={13} stroke={1.5} aria-hidden="true" />
			</button>
			<div ref={list} popover="auto" className={styles.list}>
				<input
					ref={search}
					role="combobox"
					aria-expanded="true"
					aria-controls={id}
					aria-activedescendant={current ? `${id}-${current.id}` : undefined}
					aria-label={`Search: ${props.label}`}
					placeholder={props.label}
					value={query}
					onChange={(event) => {
						setQuery(event.target.value);
						setAt(0);
					}}
					onKeyDown={onKeyDown}
				/>
				<div
					id={id}
					role="listbox"
					aria-label={props.label}
					aria-multiselectable={props.isMany}
					className={styles.options}
					tabIndex={-1}
				>
					{found.map((option) => {
						const isChosen = props.chosenIds.includes(option.id);
						return (
							// biome-ignore lint/a11y/useKeyWithClickEvents: keys are taken by the search field, which keeps focus
							<div
								key={option.id}
								id={`${id}-${option.id}`}
								role="option"
								tabIndex={-1}
								aria-selected={isChosen}
								data-current={option.id === current?.id || undefined}
								className={styles.option}
								onClick={() => choose(option.id)}
							>
								<span className={styles.name}>{option.label}</span>
								<span className={styles.detail}>{option.detail}</span>
								{isChosen ? <IconCheck size={15} stroke={1.5} aria-hidden="true" /> : null}
							</div>
						);
					})}
				</div>
				{found.length === 0 ? (
					<p className={styles.none}>{props.options.length === 0 ? props.emptyText : "Nothing by that name"}</p>
				) : null}
			</div>
		</span>
	);
}
