import type { Reader } from "@/db/connection";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import type { Conversation } from "@/server/runs/contract";
import { type Held, type Looked, look, type RawVerdict, whyBlocked } from "./look";
import type { Mark } from "./marks";
import { policiesAt, policiesNow } from "./policies-now";
import { writeVerdicts } from "./verdicts";

type Asked = { question: string; conversation?: Conversation | undefined };
type Checked<Input> = {
	/** What may go on, with marks where something was covered. */
	input: Input;
	/** Writes down what was found, in the transaction that makes the run. */
	write: (tx: Reader, of: { agentId: string; userId: string }) => Promise<void>;
};

/** So many letters are looked through at a time, so that others have their turn. */
const sliceChars = 50_000;

/** Looks through a question before its run is made. Which agent answers is looked up only where a policy asks for it. */
export async function checkQuestion<Input extends Asked>(
	ctx: ServiceContext,
	input: Input,
	{ runId, userId, agent }: { runId: string; userId: string; agent: () => Promise<string> },
): Promise<Checked<Input>> {
	const policies = (await policiesNow(ctx.db)).filter(({ modes }) => modes.input !== "off");
	if (policies.length === 0) return { input, write: async () => {} };
	const agentId = policies.some(({ agentIds }) => agentIds !== null) ? await agent() : null;
	const held: Held[] = policiesAt(policies, "input", agentId);
	if (held.length === 0) return { input, write: async () => {} };
	const verdicts = new Map<string, RawVerdict>();
	const marks: Mark[] = [];
	const blocked: RawVerdict[] = [];
	let since = 0;
	const covered = async (text: string): Promise<string> => {
		since += text.length;
		if (since > sliceChars) {
			since = 0;
			await new Promise((resolve) => setImmediate(resolve));
		}
		const looked: Looked = look(held, "input", text, runId);
		for (const one of looked.verdicts) if (!verdicts.has(one.policy.id)) verdicts.set(one.policy.id, one);
		marks.push(...looked.marks);
		if (looked.blockedBy) blocked.push(looked.blockedBy);
		return looked.text;
	};
	const question = await covered(input.question);
	const conversation = input.conversation ? await coveredConversation(input.conversation, covered) : undefined;
	const found = { verdicts: [...verdicts.values()], marks };
	const about = { about: null, text: input.question };
	const [blockedBy] = blocked;
	if (blockedBy) {
		const refused = { ...about, runId: null, userId, agentId };
		await writeVerdicts(ctx.db.orm, { verdicts: found.verdicts }, refused);
		throw new AppError("FORBIDDEN", whyBlocked(blockedBy, "The question"), { reason: "A safety policy" });
	}
	return {
		input: { ...input, question, ...(conversation ? { conversation } : {}) },
		write: (tx, of) => writeVerdicts(tx, found, { ...about, ...of, runId }),
	};
}

async function coveredConversation(
	conversation: Conversation,
	covered: (text: string) => Promise<string>,
): Promise<Conversation> {
	const history = [];
	for (const turn of conversation.history) history.push({ ...turn, question: await covered(turn.question) });
	const exchange = [];
	for (const round of conversation.exchange) {
		const results = [];
		for (const result of round.results) results.push({ ...result, content: await covered(result.content) });
		exchange.push({ ...round, results });
	}
	return { ...conversation, history, exchange, wishes: await covered(conversation.wishes) };
}
