import { IconTag } from "@tabler/icons-react";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { When } from "@/components/ui/time";
import type { Label, PromptVersion } from "@/server/prompts/contract";
import styles from "./prompts.module.css";

/** The past of a prompt, newest first; one of them is shown or compared. */
export function Versions(props: {
	versions: PromptVersion[];
	labels: Label[];
	latest: number;
	shown: number;
	onShow: (version: number) => void;
	onUse?: ((version: PromptVersion) => void) | undefined;
}) {
	return (
		<section className={styles.versions} aria-label="Versions">
			<h2>Versions</h2>
			<ol>
				{props.versions.map((version) => (
					<li key={version.id} data-shown={version.version === props.shown || undefined}>
						<button
							type="button"
							aria-pressed={version.version === props.shown}
							onClick={() => props.onShow(version.version)}
						>
							<strong>
								Version {version.version}
								{version.version === props.latest ? " (latest)" : ""}
							</strong>
							<Labels labels={props.labels} version={version.version} />
							<span>
								{version.authorName}, <When at={version.createdAt} />
							</span>
							{version.message ? <span>{version.message}</span> : null}
						</button>
						{props.onUse && version.version === props.shown && version.version !== props.latest ? (
							<Button size="small" onClick={() => props.onUse?.(version)}>
								Use this text
							</Button>
						) : null}
					</li>
				))}
			</ol>
		</section>
	);
}

function Labels({ labels, version }: { labels: Label[]; version: number }) {
	const own = labels.filter((label) => label.version === version);
	if (own.length === 0) return null;
	return (
		<span className={styles.labels}>
			{own.map(({ name }) => (
				<Badge key={name} tone="accent" icon={IconTag}>
					{name}
				</Badge>
			))}
		</span>
	);
}
