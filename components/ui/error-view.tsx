"use client";

import { IconAlertTriangle } from "@tabler/icons-react";
import { Button } from "./button";
import { CopyId } from "./copy";
import styles from "./empty.module.css";
import type { Failure } from "./failure";

/** Something failed: what, under which request id, and the way on. */
export function ErrorView(props: { title?: string; failure: Failure; retry?: () => void }) {
	const { failure } = props;
	return (
		<div className={styles.failure} role="alert">
			<IconAlertTriangle size={18} stroke={1.75} aria-hidden="true" />
			<div className={styles.failureBody}>
				{props.title ? <p className={styles.failureTitle}>{props.title}</p> : null}
				<p>{failure.message}</p>
				<div className={styles.failureFoot}>
					{failure.isSessionOver ? (
						<a href="/sign-in">Sign in again</a>
					) : props.retry && failure.mayPass ? (
						<Button size="small" onClick={props.retry}>
							Try again
						</Button>
					) : null}
					{failure.requestId ? (
						<span>
							Request <CopyId value={failure.requestId} label="request id" length={36} />
						</span>
					) : null}
				</div>
			</div>
		</div>
	);
}
