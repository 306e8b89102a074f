import { IconCompassOff } from "@tabler/icons-react";
import { Empty } from "@/components/ui/empty";
import { ReadPage } from "@/components/ui/page";
import styles from "./page-error.module.css";

export function NotFoundView() {
	return (
		<ReadPage>
			<div className={styles.box}>
				<h1>Not found</h1>
				<Empty icon={IconCompassOff} title="There is nothing here" action={<a href="/">Go to the start</a>}>
					It was deleted, or it belongs to somebody who has not shared it with you.
				</Empty>
			</div>
		</ReadPage>
	);
}
