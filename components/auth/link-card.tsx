import type { ReactNode } from "react";
import { ButtonLink } from "@/components/ui/button-link";
import styles from "./auth.module.css";

/** Something is done, or a link does not work: what that means, and the way on. */
export function LinkCard(props: { title: string; children: ReactNode; next: { href: string; label: string } }) {
	return (
		<div className={styles.form} role="status">
			<header>
				<h1>{props.title}</h1>
				<p>{props.children}</p>
			</header>
			<ButtonLink href={props.next.href} look="primary">
				{props.next.label}
			</ButtonLink>
		</div>
	);
}

export const toSignIn = { href: "/sign-in", label: "Go to sign-in" };
