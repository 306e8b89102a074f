import { Button } from "@/components/ui/button";
import { When } from "@/components/ui/time";
import type { PromptVersion } from "@/server/prompts/contract";
import styles from "./prompts.module.css";

/** The past of a prompt, newest first; one of them is compared with what is being written. */
export function Versions(props: {
	versions: PromptVersion[];
	latest: number;
	shown: number;
	onShow: (version: number) => void;
	onUse: ((body: string) => void) | undefined;
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
							<span>
								{version.authorName}, <When at={version.createdAt} />
							</span>
							{version.message ? <span>{version.message}</span> : null}
						</button>
						{props.onUse && version.version === props.shown && version.version !== props.latest ? (
							<Button size="small" onClick={() => props.onUse?.(version.body)}>
								Use this text
							</Button>
						) : null}
					</li>
				))}
			</ol>
		</section>
	);
}
