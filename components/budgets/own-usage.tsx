"use client";

import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { ButtonLink } from "@/components/ui/button-link";
import { ErrorView } from "@/components/ui/error-view";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { When } from "@/components/ui/time";
import type { OwnLimit } from "@/server/budgets/contract";
import { amount } from "./budget-words";
import styles from "./budgets.module.css";
import { BudgetsTabs } from "./budgets-tabs";
import { Days } from "./days";
import { AskForMore } from "./met-limit";
import { Meter } from "./meter";

const noInput = {};

/** What binds one, how much of it is left, and what one used lately. */
export function OwnUsage() {
	const api = useApi();
	const own = useQuery({ ...api.budgets.own.queryOptions(noInput), refetchInterval: 30_000 });
	return (
		<ReadPage>
			<PageHeader title="Usage & budgets">
				What you may take of the models, and what you took. A day begins at 00:00 UTC, a month on its first.
			</PageHeader>
			<BudgetsTabs />
			{own.error && !own.data ? <ErrorView failure={toFailure(own.error)} retry={() => void own.refetch()} /> : null}
			{own.data ? (
				<>
					<section className={styles.section} aria-labelledby="limits">
						<h2 id="limits">Your limits</h2>
						<ul className={styles.cards}>
							{own.data.limits.map((limit) => (
								<Limit key={limit.limitId} limit={limit} />
							))}
						</ul>
					</section>
					<section className={styles.section} aria-labelledby="days">
						<h2 id="days">Your last 30 days</h2>
						<Days days={own.data.days} label="Tokens a day" />
					</section>
				</>
			) : null}
		</ReadPage>
	);
}

function Limit({ limit }: { limit: OwnLimit }) {
	const { name, measure, currency, used, held, most, resetsAt, asked } = limit;
	return (
		<li className={styles.card}>
			<h3>{name}</h3>
			<Meter label={name} used={used} held={held} most={most} />
			<p className={styles.hint}>
				{amount(measure, used, currency)} used
				{held > 0 ? `, ${amount(measure, held, currency)} held back by what is under way` : ""}
			</p>
			<div className={styles.cardFoot}>
				<span className={styles.hint}>
					{resetsAt ? (
						<>
							Begins anew <When at={resetsAt} />
						</>
					) : (
						"Counts for as long as it is stored"
					)}
				</span>
				{asked ? (
					<ButtonLink size="small" look="quiet" href={`/approvals?open=${asked}`}>
						You asked for more
					</ButtonLink>
				) : (
					<AskForMore limitId={limit.limitId} isQuiet />
				)}
			</div>
		</li>
	);
}
