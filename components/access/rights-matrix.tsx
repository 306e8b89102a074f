"use client";

import { type Permission, permissionDescriptions, permissions } from "@/server/core/permissions";
import styles from "./access.module.css";

const parts = permissions.map((permission) => {
	const [resource = "", action = ""] = permission.split(":");
	return { permission, resource, action };
});
const actions = [...new Set(parts.map(({ action }) => action))];
const resources = [...new Set(parts.map(({ resource }) => resource))];

/** Every right there is, by what it is about and what it lets one do. `onChange` left out: to look at only. */
export function RightsMatrix(props: {
	held: ReadonlySet<Permission>;
	search: string;
	onChange?: (permission: Permission, isHeld: boolean) => void;
}) {
	const wanted = props.search.toLowerCase();
	const rows = resources
		.map((resource) => ({ resource, cells: parts.filter((one) => one.resource === resource) }))
		.filter(({ cells }) =>
			cells.some(({ permission }) =>
				`${permission} ${permissionDescriptions[permission]}`.toLowerCase().includes(wanted),
			),
		);
	if (rows.length === 0) return <p className={styles.hint}>No right has that in its name or description.</p>;
	return (
		<div className={styles.matrix}>
			<table aria-label="Rights">
				<thead>
					<tr>
						<th scope="col">About</th>
						{actions.map((action) => (
							<th key={action} scope="col">
								{action}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{rows.map(({ resource, cells }) => (
						<tr key={resource}>
							<th scope="row">
								{resource}
								{cells.map(({ permission }) => (
									<small key={permission}>{permissionDescriptions[permission]}</small>
								))}
							</th>
							{actions.map((action) => {
								const cell = cells.find((one) => one.action === action);
								return (
									<td key={action}>
										{cell ? (
											<label
												title={permissionDescriptions[cell.permission]}
												data-fixed={props.onChange ? undefined : true}
											>
												<input
													type="checkbox"
													aria-label={cell.permission}
													checked={props.held.has(cell.permission)}
													disabled={!props.onChange}
													onChange={(event) => props.onChange?.(cell.permission, event.target.checked)}
												/>
												<span className={styles.word} aria-hidden="true">
													{action}
												</span>
											</label>
										) : null}
									</td>
								);
							})}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}
