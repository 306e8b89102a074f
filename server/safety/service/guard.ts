import type { Database } from "@/db/connection";
import type { SearchResult } from "@/server/knowledge/contract";
import type { ChatModel, ModelEnd, ToolCall } from "@/server/models/model";
import { nothingMore } from "@/server/models/provider";
import { type Place, places, type RunVerdict } from "../contract";
import { asksModel, judge } from "./judge";
import {
	type Held,
	joined,
	type Looked,
	look,
	lookJson,
	lookWith,
	type RawVerdict,
	verdictOf,
	whyBlocked,
} from "./look";
import { Outgoing } from "./outgoing";
import { type LivePolicy, policiesAt, policiesNow } from "./policies-now";
import { verdictsOfRun, writeVerdicts } from "./verdicts";

/** A policy lets nothing further; `message` says so to whoever asked. */
export class HeldBack extends Error {
	override readonly name = "HeldBack";
}

export type Guarded = {
	db: Database;
	run: {
		id: string;
		agentId: string;
		userId: string;
		question: string;
		/** Functions of the caller's own, by name: their arguments leave the house with no tool's door between. */
		functions: readonly string[];
	};
	/** The model of a route by its name, for policies that have one judge. */
	ask: (route: string) => ChatModel | null;
	signal: AbortSignal;
	/** Ends the run: nothing of its answer is shown any more. */
	stop: (why: HeldBack) => void;
};

/** What of a document a model is about to see. */
type Paged = { document: { name: string }; pages: readonly { text: string }[]; picture: unknown | null };

/** The guard of one run; null where no policy looks at any of it, and it costs nothing. */
export async function openGuard(of: Guarded): Promise<RunGuard | null> {
	const policies = await policiesNow(of.db);
	const isMeant = places.some((place) => policiesAt(policies, place, of.run.agentId).length > 0);
	return isMeant ? new RunGuard(of, policies) : null;
}

export class RunGuard {
	/** Why the run was ended; null while it was not. */
	heldBack: string | null = null;
	private readonly at: (place: Place) => Held[];
	/** What the guarded model said last is cleared already. */
	private cleared: string | null = null;
	/** Policies whose word on the answer is written down. */
	private readonly heard = new Set<string>();
	private readonly writing: Promise<void>[] = [];
	private readonly known = new Map<string, Looked>();
	constructor(
		private readonly of: Guarded,
		policies: readonly LivePolicy[],
	) {
		const held = new Map(places.map((place) => [place, policiesAt(policies, place, of.run.agentId)]));
		this.at = (place) => held.get(place) ?? [];
	}

	/** By models; the rest was looked for before the run was made. */
	async question(): Promise<void> {
		const { question } = this.of.run;
		const looked = await this.judged("input", question);
		await this.write(looked, null, question);
		if (looked.blockedBy) this.end(looked.blockedBy, "The question");
	}

	/** Passages as they may be shown to the model and to its reader. */
	async passages(found: SearchResult): Promise<SearchResult> {
		const held = this.at("retrieved");
		if (held.length === 0) return found;
		const passages = await Promise.all(
			found.passages.map(async (passage) => {
				const looked = await this.looked("retrieved", passage.text);
				await this.write(looked, passage.documentName, passage.text);
				if (looked.blockedBy) return [];
				const around = (text: string) => look(held, "retrieved", text, this.of.run.id).text;
				return [{ ...passage, text: looked.text, before: around(passage.before), after: around(passage.after) }];
			}),
		);
		return { ...found, passages: passages.flat() };
	}

	/**
	 * A document as a model may be shown it. One that is blocked is shown to none. A picture can't be looked through: where
	 * something would have been covered or blocked, it stays away.
	 */
	async document<Shown extends Paged>(shown: Shown): Promise<Shown> {
		const held = this.at("retrieved");
		if (held.length === 0) return shown;
		const pages = [];
		for (const page of shown.pages) {
			const looked = await this.once("retrieved", page.text, shown.document.name);
			if (looked.blockedBy) this.end(looked.blockedBy, "The document");
			pages.push({ ...page, text: looked.text });
		}
		const isStrict = held.some(({ mode }) => mode === "redact" || mode === "block");
		return { ...shown, pages, picture: isStrict ? null : shown.picture };
	}

	/** What its person added to a research run; what is blocked is as if it had not been said. */
	async steers<Steer extends { text: string }>(steers: readonly Steer[]): Promise<Steer[]> {
		if (this.at("input").length === 0) return [...steers];
		const said = [];
		for (const steer of steers) {
			const looked = await this.once("input", steer.text, null);
			if (!looked.blockedBy) said.push({ ...steer, text: looked.text });
		}
		return said;
	}

	/** A call as it may go out, or why it may not. */
	async arguments(call: ToolCall): Promise<{ call: ToolCall; refusal: string | null }> {
		if (this.at("arguments").length === 0) return { call, refusal: null };
		const looked = await this.looked("arguments", call.arguments);
		await this.write(looked, call.name, call.arguments);
		const refusal = looked.blockedBy ? whyBlocked(looked.blockedBy, "The call of this tool") : null;
		return { call: { ...call, arguments: looked.text }, refusal };
	}

	/** What a tool answered, as the model may have it. */
	async results(tool: string, content: string): Promise<string> {
		if (this.at("results").length === 0) return content;
		const looked = await this.looked("results", content);
		await this.write(looked, tool, content);
		return looked.blockedBy ? whyBlocked(looked.blockedBy, "What the tool answered") : looked.text;
	}

	/**
	 * A model that says only what may be said. Its words come a hand's breadth late, and all together where a model judges them
	 * and could hold them back.
	 */
	model(model: ChatModel): ChatModel {
		if (this.at("output").length === 0 && this.at("arguments").length === 0) return model;
		const guard = this;
		return {
			...model,
			answer: async function* (messages, signal, tools, options) {
				const out = guard.outgoing();
				let told = "";
				const clear = (text: string): string => {
					told += text;
					guard.cleared = text;
					return text;
				};
				const onRestart = (why: string) => {
					told = "";
					out.restart();
					options?.onRestart?.(why);
				};
				const pieces = model.answer(messages, signal, tools, {
					...options,
					...(options?.onRestart ? { onRestart } : {}),
				});
				try {
					for (;;) {
						const piece = await pieces.next();
						if (piece.done) {
							const whole = await guard.whole(out.whole);
							const rest = out.finish();
							if (rest !== "") yield clear(rest);
							// What only shows in the whole is taken back, and said as it may be.
							if (told !== whole && options?.onRestart) {
								onRestart("Something in the answer had to be covered: it is shown again without it.");
								yield clear(whole);
							}
							return await guard.withArguments(piece.value);
						}
						const text = out.push(piece.value);
						if (text !== "") yield clear(text);
					}
				} finally {
					await pieces.return(nothingMore).catch(() => {});
				}
			},
		};
	}

	/** What is shown of a text that no model said, such as quoted passages. */
	said(text: string): string {
		if (text === this.cleared || this.at("output").length === 0) return text;
		const looked = look(this.at("output"), "output", text, this.of.run.id);
		if (!looked.blockedBy) return looked.text;
		this.writeSoon(looked, text);
		return this.end(looked.blockedBy, "The answer");
	}

	/** The last word on an answer: also on one that was put together from what no model said. */
	async answer(text: string): Promise<{ text: string; heldBack: string | null }> {
		const held = this.at("output");
		if (held.length === 0 || text === "") return { text, heldBack: null };
		const looked = look(held, "output", text, this.of.run.id);
		const verdicts = looked.verdicts.filter(({ policy }) => !this.heard.has(policy.id));
		await this.write({ ...looked, verdicts }, null, text);
		return { text: looked.text, heldBack: looked.blockedBy ? whyBlocked(looked.blockedBy, "The answer") : null };
	}

	async told(): Promise<RunVerdict[]> {
		await Promise.all(this.writing);
		return verdictsOfRun(this.of.db.orm, this.of.run.id);
	}

	private outgoing(): Outgoing {
		const strict = this.at("output").filter(({ mode }) => mode === "redact" || mode === "block");
		const isWhole = strict.some(({ policy }) => asksModel(policy));
		return new Outgoing(strict, this.of.run.id, isWhole, (by, text) => {
			const verdict = verdictOf(by, "output", lookWith(by.policy, text), text);
			if (!verdict) throw new Error("a policy found something and then did not");
			this.writeSoon({ text, marks: [], verdicts: [verdict], blockedBy: verdict }, text);
			this.end(verdict, "The answer");
		});
	}

	/** The whole of what a model said, as it may be said. */
	private async whole(text: string): Promise<string> {
		if (this.at("output").length === 0 || text === "") return text;
		const looked = await this.looked("output", text);
		await this.write(looked, null, text);
		for (const { policy } of looked.verdicts) this.heard.add(policy.id);
		if (looked.blockedBy) this.end(looked.blockedBy, "The answer");
		return looked.text;
	}

	/** Calls as they may go out; what a tool's door will look at again is not held back here. */
	private async withArguments(end: ModelEnd): Promise<ModelEnd> {
		if (this.at("arguments").length === 0 || end.calls.length === 0) return end;
		const calls = [];
		for (const call of end.calls) {
			const looked = lookJson(this.at("arguments"), "arguments", call.arguments, this.of.run.id);
			const isCallers = this.of.run.functions.includes(call.name);
			const verdicts = looked.verdicts.filter(({ action }) => isCallers || action === "redacted");
			await this.write({ ...looked, verdicts }, call.name, call.arguments);
			if (isCallers && looked.blockedBy) this.end(looked.blockedBy, "The call of a function");
			calls.push({ ...call, arguments: looked.text });
		}
		return { ...end, calls };
	}

	/** What is asked for again at each step is looked through and written down at the first. */
	private async once(place: Place, text: string, about: string | null): Promise<Looked> {
		const known = this.known.get(`${place} ${text}`);
		if (known) return known;
		const looked = await this.looked(place, text);
		await this.write(looked, about, text);
		this.known.set(`${place} ${text}`, looked);
		return looked;
	}

	private async looked(place: Place, text: string): Promise<Looked> {
		const isJson = place === "arguments" || place === "results";
		const looked = (isJson ? lookJson : look)(this.at(place), place, text, this.of.run.id);
		return looked.blockedBy ? looked : joined(looked, await this.judged(place, text));
	}

	/** By those policies that have a model judge. Nothing can be covered of what it finds, so that what would be is held back. */
	private async judged(place: Place, text: string): Promise<Looked> {
		const verdicts: RawVerdict[] = [];
		for (const held of this.at(place)) {
			const { policy, mode } = held;
			if (!asksModel(policy) || text.trim() === "") continue;
			const strict: Held = mode === "redact" ? { policy, mode: "block" } : held;
			try {
				const model = this.of.ask(policy.settings.model ?? "");
				const isFound = await judge(policy, text, { model, signal: this.of.signal });
				const finds = isFound ? [{ kind: "judged", start: 0, end: Math.min(text.length, 80) }] : [];
				const verdict = verdictOf(strict, place, { finds, failed: false }, text);
				if (verdict) verdicts.push(verdict);
			} catch {
				// Where the run itself was stopped, that is not the filter's doing.
				this.of.signal.throwIfAborted();
				const verdict = verdictOf(strict, place, { finds: [], failed: true }, text);
				if (verdict) verdicts.push(verdict);
			}
		}
		return { text, marks: [], verdicts, blockedBy: verdicts.find(({ action }) => action === "blocked") ?? null };
	}

	private async write({ verdicts, marks }: Looked, about: string | null, text: string): Promise<void> {
		if (verdicts.length === 0 && marks.length === 0) return;
		const { id: runId, agentId, userId } = this.of.run;
		await writeVerdicts(this.of.db.orm, { verdicts, marks }, { runId, agentId, userId, about, text });
	}

	private writeSoon(looked: Looked, text: string): void {
		const written = this.write(looked, null, text);
		// Whoever tells of them waits for it, and hears of it.
		written.catch(() => {});
		this.writing.push(written);
	}

	private end(by: RawVerdict, what: string): never {
		const why = new HeldBack(whyBlocked(by, what));
		this.heldBack ??= why.message;
		this.of.stop(why);
		throw why;
	}
}
