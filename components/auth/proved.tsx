"use client";

import { useEffect } from "react";
import styles from "./auth.module.css";

export function Proved() {
	useEffect(() => window.close(), []);
	return (
		<div className={styles.form}>
			<header>
				<h1>Confirmed</h1>
				<p>Close this window: what waited for it goes on in the other one.</p>
			</header>
		</div>
	);
}
