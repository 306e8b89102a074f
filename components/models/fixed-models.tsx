"use client";

import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Badge } from "@/components/ui/badge";
import { ErrorView } from "@/components/ui/error-view";
import { Health } from "./health";
import styles from "./models.module.css";
import { kindWords } from "./money";
import { TestButton } from "./test-button";

const noInput = {};

/** What is there without being set up here: the environment's models, and the built-in one. */
export function FixedModels() {
	const api = useApi();
	const query = useQuery(api.models.fixed.queryOptions(noInput));
	if (!query.data)
		return query.error ? <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} /> : null;
	const { environment, builtIn, defaultRoute } = query.data;
	return (
		<div className={styles.cards}>
			{environment ? (
				<section className={styles.card} aria-label="Set by environment variables">
					<h2>
						Environment <Badge isPlain>Set by environment variables</Badge>
					</h2>
					<p className={styles.hint}>
						{kindWords[environment.kind]}, <code>{environment.address}</code>
						{environment.hasKey ? ", with a key" : ", without a key"}. Change it where the installation is started.
					</p>
					<ul className={styles.models}>
						{environment.models.map(({ key, name, hasPrice, circuit }) => (
							<li key={key} className={styles.model}>
								<div className={styles.modelHead}>
									<code>{name}</code>
									{name === defaultRoute ? <Badge tone="accent">Default</Badge> : null}
									{circuit ? <Badge tone="amber">Rests</Badge> : null}
									<span className={styles.push}>
										<TestButton modelKey={key} name={name} />
									</span>
								</div>
								<Health modelKey={key} name={name} />
								{hasPrice ? null : (
									<p className={styles.hint}>Without a price: set QD_MODEL_INPUT_PRICE and QD_MODEL_OUTPUT_PRICE.</p>
								)}
							</li>
						))}
					</ul>
				</section>
			) : null}
			<section className={styles.card} aria-label="Built in">
				<h2>
					{builtIn} <Badge isPlain>Always there</Badge>
				</h2>
				<p className={styles.hint}>
					It quotes documents word for word, costs nothing and asks nobody. It answers{" "}
					{defaultRoute ? "where no model does, unless an agent says otherwise" : "as long as there is no other model"}.
				</p>
			</section>
		</div>
	);
}
