"use client";

import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import styles from "./models.module.css";

const noInput = {};

/** What answers where an agent names no route, in one sentence. */
export function DefaultRoute() {
	const api = useApi();
	const fixed = useQuery(api.models.fixed.queryOptions(noInput)).data;
	if (!fixed) return null;
	const { defaultRoute, environment, builtIn } = fixed;
	const isOfEnvironment = environment?.models.some(({ name }) => name === defaultRoute) ?? false;
	return (
		<p className={styles.lead}>
			{defaultRoute === null
				? `Agents that name no route are answered by the ${builtIn} model, until a route is the default.`
				: `Agents that name no route ask ${defaultRoute}${isOfEnvironment ? ", which environment variables set, until a route is the default" : ""}.`}
		</p>
	);
}
