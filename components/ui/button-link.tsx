import NextLink from "next/link";
import { type Look, marked } from "./button";
import styles from "./button.module.css";

/** A link that looks like a button. Of its own, as Next's link is more than all of a button. */
export function ButtonLink({ look, size, icon, children, href }: Look & { href: string }) {
	return (
		<NextLink href={href} className={styles.button} data-look={look ?? "plain"} data-size={size}>
			{marked({ icon, children })}
		</NextLink>
	);
}
