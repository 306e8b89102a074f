"use client";

import { type ReactNode, useState } from "react";

/** What is asked for only once somebody opens it. */
export function Later({ title, className, children }: { title: string; className?: string; children: ReactNode }) {
	const [isOpen, setOpen] = useState(false);
	return (
		<details className={className} onToggle={(event) => setOpen(event.currentTarget.open)}>
			<summary>{title}</summary>
			{isOpen ? children : null}
		</details>
	);
}
