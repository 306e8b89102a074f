"use client";

import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useApi } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { FilterBar, FilterSelect, FilterText } from "@/components/ui/field";
import type { useUrl } from "@/components/ui/use-url";
import { ages, filterNames, kinds } from "./asked";
import styles from "./search.module.css";

const settleMs = 350;
const cleared = Object.fromEntries(filterNames.map((name) => [name, null]));

/** The question and what narrows it, all of it in the address. */
export function SearchBar({ url, problem }: { url: ReturnType<typeof useUrl>; problem: string | null }) {
	const api = useApi();
	const collections = useQuery(api.knowledge.listCollections.queryOptions({ limit: 200, sort: "name" }));
	const set = (name: string) => (value: string) => url.set({ [name]: value, open: null });
	const known = (collections.data?.rows ?? []).map(({ id, name }) => ({ value: id, label: name }));
	const chosen = url.get("in") ?? "";
	const isKnown = chosen === "" || known.some(({ value }) => value === chosen);
	return (
		<div className={styles.bar}>
			<Question value={url.get("q") ?? ""} onChange={set("q")} />
			<FilterBar>
				<FilterSelect
					label="Collection"
					value={chosen}
					options={[
						{ value: "", label: "All collections" },
						...(isKnown ? [] : [{ value: chosen, label: "The chosen collection" }]),
						...known,
					]}
					onChange={set("in")}
				/>
				<FilterSelect label="Kind of document" value={url.get("type") ?? ""} options={kinds} onChange={set("type")} />
				<FilterSelect label="Added" value={url.get("added") ?? ""} options={ages} onChange={set("added")} />
				<FilterText label="Source, such as upload" size={20} value={url.get("source") ?? ""} onChange={set("source")} />
				<FilterText label="Field, as team=north" size={18} value={url.get("field") ?? ""} onChange={set("field")} />
				{filterNames.some((name) => url.get(name)) ? (
					<Button look="quiet" onClick={() => url.set({ ...cleared, open: null })}>
						Clear filters
					</Button>
				) : null}
			</FilterBar>
			{problem ? (
				<p className={styles.problem} role="alert">
					{problem}
				</p>
			) : null}
		</div>
	);
}

/** It takes effect once the typing rests, or with Enter. */
function Question({ value, onChange }: { value: string; onChange: (value: string) => void }) {
	const [typed, setTyped] = useState(value);
	const [known, setKnown] = useState(value);
	const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
	if (known !== value) {
		setKnown(value);
		setTyped(value);
	}
	useEffect(() => () => clearTimeout(timer.current), []);
	const settle = (text: string) => {
		clearTimeout(timer.current);
		setKnown(text.trim());
		onChange(text.trim());
	};
	return (
		<form
			className={styles.question}
			onSubmit={(event) => {
				event.preventDefault();
				settle(typed);
			}}
		>
			<IconSearch size={18} stroke={1.5} aria-hidden="true" />
			<input
				type="search"
				// biome-ignore lint/a11y/noAutofocus: one comes here to type
				autoFocus
				aria-label="Question"
				placeholder="What do you want to find?"
				maxLength={4000}
				value={typed}
				onChange={(event) => {
					const { value: text } = event.target;
					setTyped(text);
					clearTimeout(timer.current);
					timer.current = setTimeout(() => settle(text), settleMs);
				}}
			/>
		</form>
	);
}
