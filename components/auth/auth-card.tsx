import type { ReactNode } from "react";
import { Mark } from "@/components/shell/mark";
import { Theme } from "@/components/ui/theme";
import styles from "./auth.module.css";

export function AuthCard({ children }: { children: ReactNode }) {
	return (
		<main className={styles.page}>
			<div className={styles.card}>
				<p className={styles.brand}>
					<Mark size={28} />
					Quarterdeck
				</p>
				<Theme>{children}</Theme>
			</div>
		</main>
	);
}
