import { and, desc, eq, gte, sql } from "drizzle-orm";
import { prompts, promptVersions, runs } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { mayReadRow } from "@/server/core/grants";
import type { AskUsage, PromptUsage } from "../contract";
import { expectReadable, mayRead } from "./hold";
import { costsBy, scoreColumns } from "./scores";

/** Who uses a prompt, and what came of it. Whose runs they were is not told. */
export async function getUsage(ctx: ServiceContext, { promptId, days }: AskUsage): Promise<PromptUsage> {
	await expectReadable(ctx, promptId);
	const user = requireUser(ctx);
	const lately = gte(runs.createdAt, sql`now() - make_interval(days => ${days})`);
	const ofThis = sql`${runs.promptVersionId} in (select id from prompt_versions where prompt_id = ${promptId})`;
	const [scores, using, holders, costs] = await Promise.all([
		ctx.db.orm
			.select({ id: promptVersions.id, version: promptVersions.version, ...scoreColumns })
			.from(runs)
			.innerJoin(promptVersions, eq(promptVersions.id, runs.promptVersionId))
			.where(and(eq(promptVersions.promptId, promptId), lately))
			.groupBy(promptVersions.id)
			.orderBy(desc(promptVersions.version))
			.limit(200),
		ctx.db.orm.execute<{ id: string; name: string; label: string | null; version: number | null; isSeen: boolean }>(sql`
			select agents.id, agents.name, v.prompt_label ->> 'label' as label, coalesce(p.version, l.version) as version,
				${mayReadRow(user, "agent", { id: sql`agents.id`, ownerId: sql`agents.created_by` })} as "isSeen"
			from agents join agent_versions v on v.id = agents.published_version_id
			left join prompt_versions p on p.id = v.prompt_version_id
			left join lateral (select n.version from prompt_labels x join prompt_versions n on n.id = x.version_id
				where x.prompt_id = ${promptId} and x.name = v.prompt_label ->> 'label') l on v.prompt_label is not null
			where agents.archived_at is null and (p.prompt_id = ${promptId} or v.prompt_label ->> 'promptId' = ${promptId})
			order by agents.name limit 500`),
		ctx.db.orm
			.select({ id: prompts.id, name: prompts.name })
			.from(prompts)
			.innerJoin(
				promptVersions,
				and(eq(promptVersions.promptId, prompts.id), eq(promptVersions.version, prompts.latestVersion)),
			)
			.where(and(sql`${promptVersions.includes} @> ${JSON.stringify([{ promptId }])}::text::jsonb`, mayRead(ctx)))
			.orderBy(prompts.name)
			.limit(200),
		costsBy(ctx.db.orm, sql`${runs.promptVersionId}`, and(ofThis, lately)),
	]);
	return {
		versions: scores.map(({ id, ...score }) => ({ ...score, costs: costs.get(id) ?? [] })),
		agents: using.filter(({ isSeen }) => isSeen).map(({ id, name, label, version }) => ({ id, name, label, version })),
		hiddenAgents: using.filter(({ isSeen }) => !isSeen).length,
		prompts: holders,
	};
}
