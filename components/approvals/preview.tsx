import { counted } from "@/components/ui/figures";
import { PanelSection } from "@/components/ui/side-panel";
import type { ApprovalDetail } from "@/server/approvals/contract";
import styles from "./approvals.module.css";

type Tried = NonNullable<ApprovalDetail["preview"]>;

/** What it did when it was tried and taken back. */
export function Preview({ preview }: { preview: Tried }) {
	return (
		<PanelSection title="Tried out, and taken back">
			<ul className={styles.rows}>
				{preview.acts.map(({ action, resource, resourceId }) => (
					<li key={`${action} ${resourceId}`}>
						<code>{action}</code> on {resource} {resourceId ? <code>{resourceId}</code> : null}
					</li>
				))}
				{preview.rows.map((row) => (
					<li key={row.table}>
						<code>{row.table}</code>: {countsOf(row)}
					</li>
				))}
			</ul>
			{preview.rows.length + preview.acts.length === 0 ? <p>It changed nothing.</p> : null}
		</PanelSection>
	);
}

const countsOf = ({ added, changed, removed }: Tried["rows"][number]): string =>
	[
		...(added ? [`${counted(added, "row")} added`] : []),
		...(changed ? [`${counted(changed, "row")} changed`] : []),
		...(removed ? [`${counted(removed, "row")} removed`] : []),
	].join(", ");
