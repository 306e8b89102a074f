"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { FilterBar, FilterSelect, FilterText } from "@/components/ui/field";
import type { useUrl } from "@/components/ui/use-url";
import styles from "./audit.module.css";
import { cleared, names, ranges, type Unusable, vias } from "./filter";

const outcomes = [
	{ value: "", label: "Any outcome" },
	{ value: "done", label: "Done" },
	{ value: "denied", label: "Denied" },
	{ value: "failed", label: "Failed" },
];
const ways = [{ value: "", label: "Any way" }, ...vias.map((via) => ({ value: via, label: `Via ${via}` }))];

/** Those that are typed, and stand in a second row. */
const rare = [
	{ name: "kind", label: "Resource, such as user", size: 20 },
	{ name: "resource", label: "Resource id", size: 34 },
	{ name: "actor", label: "Actor id: key, agent or job", size: 26 },
	{ name: "address", label: "Address", size: 16 },
	{ name: "request", label: "Request id", size: 34 },
	{ name: "run", label: "Run id", size: 34 },
] as const;

type Url = ReturnType<typeof useUrl>;

/** All conditions, in the address and on the server. What can't be used is named. */
export function AuditFilters({ url, unusable }: { url: Url; unusable: Unusable[] }) {
	const isGrouped = url.get("group") === "request";
	const [isMore, setMore] = useState(() => rare.some(({ name }) => url.get(name)));
	const isSet = names.some((name) => url.get(name));
	const set = (name: string) => (value: string) => url.set({ [name]: value, open: null });
	const range = url.get("range") || (url.get("from") || url.get("to") ? "own" : "");
	const setRange = (value: string) => url.set({ range: value, from: null, to: null, open: null });
	return (
		<div className={styles.filters}>
			<FilterBar>
				<FilterSelect label="Time" value={range} options={ranges} onChange={setRange} />
				{range === "own" ? <Times url={url} /> : null}
				<Account value={url.get("user") ?? ""} onChange={set("user")} />
				<FilterText
					label="Action, such as user.create"
					size={24}
					value={url.get("action") ?? ""}
					onChange={set("action")}
				/>
				<FilterSelect label="Outcome" value={url.get("outcome") ?? ""} options={outcomes} onChange={set("outcome")} />
				<FilterSelect label="Via" value={url.get("via") ?? ""} options={ways} onChange={set("via")} />
				<Button look="quiet" aria-expanded={isMore} onClick={() => setMore(!isMore)}>
					{isMore ? "Fewer filters" : "More filters"}
				</Button>
				<label className={styles.toggle}>
					<input
						type="checkbox"
						checked={isGrouped}
						onChange={(event) => url.set({ group: event.target.checked ? "request" : null, open: null })}
					/>
					Group by request
				</label>
				{isSet ? (
					<Button look="quiet" onClick={() => url.set(cleared)}>
						Clear
					</Button>
				) : null}
			</FilterBar>
			{isMore ? (
				<FilterBar label="More filters">
					{rare.map(({ name, label, size }) => (
						<FilterText key={name} label={label} size={size} value={url.get(name) ?? ""} onChange={set(name)} />
					))}
				</FilterBar>
			) : null}
			{unusable.length > 0 ? (
				<div className={styles.unusable} role="alert">
					{unusable.map(({ name, value, why }) => (
						<p key={name}>
							<code>
								{name}={value.slice(0, 60)}
							</code>{" "}
							can’t be used: {why}. The list below is without this condition.
						</p>
					))}
				</div>
			) : null}
		</div>
	);
}

const mostPeople = 200;

/** Of those who may see the list of people, everyone by name; of others, the id that stands in the address. */
function Account({ value, onChange }: { value: string; onChange: (value: string) => void }) {
	const api = useApi();
	const mayList = useMay("users:read");
	const { data } = useQuery({ ...api.users.list.queryOptions({ limit: mostPeople }), enabled: mayList });
	const people = (data?.rows ?? []).map(({ id, name }) => ({ value: id, label: name }));
	const isKnown = value === "" || people.some((one) => one.value === value);
	if (!mayList) return <FilterText label="Account id" size={34} value={value} onChange={onChange} />;
	const options = [
		{ value: "", label: "Any account" },
		...(isKnown ? [] : [{ value, label: value.slice(0, 13) }]),
		...people.toSorted((a, b) => a.label.localeCompare(b.label)),
	];
	return <FilterSelect label="Account" value={value} options={options} onChange={onChange} />;
}

/** `2026-11-25T08:00` in the reader's own time, as the field wants it. */
function localTime(text: string | null): string {
	const at = Date.parse(text ?? "");
	if (Number.isNaN(at)) return "";
	return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function Times({ url }: { url: Url }) {
	const set = (name: "from" | "to") => (value: string) => {
		const at = Date.parse(value);
		url.set({ range: "own", [name]: Number.isNaN(at) ? null : new Date(at).toISOString(), open: null });
	};
	return (
		<>
			{(["from", "to"] as const).map((name) => (
				<label key={name} className={styles.toggle}>
					{name === "from" ? "From" : "To"}
					<input
						type="datetime-local"
						className={styles.time}
						value={localTime(url.get(name))}
						onChange={(event) => set(name)(event.target.value)}
					/>
				</label>
			))}
		</>
	);
}
