import type { Env } from "@/server/core/env";
import { type ChatModel, ModelFailure } from "./model";
import { openaiModel } from "./openai";

type ModelEnv = Pick<Env, "QD_MODEL_URL" | "QD_MODEL_KEY" | "QD_MODEL" | "QD_MODELS">;

/** The model that the environment names; null where it names none, and the built-in extractive one answers. */
export function configuredModel(env: Omit<ModelEnv, "QD_MODELS">): ChatModel | null {
	if (!env.QD_MODEL_URL || !env.QD_MODEL) return null;
	return openaiModel({ url: env.QD_MODEL_URL, key: env.QD_MODEL_KEY, model: env.QD_MODEL });
}

/** The models that an agent may be given by name, the first of which answers where it names none. */
export const modelNames = ({ QD_MODEL, QD_MODELS = [] }: Pick<Env, "QD_MODEL" | "QD_MODELS">): string[] =>
	QD_MODEL ? [...new Set([QD_MODEL, ...QD_MODELS])] : [];

/** Each model that agents name, at the same endpoint. One that is not named here any more says so instead of another answering for it. */
export function namedModels(env: ModelEnv): (name: string) => ChatModel {
	const known = new Map<string, ChatModel>();
	return (name) => {
		const model =
			known.get(name) ?? (modelNames(env).includes(name) ? configuredModel({ ...env, QD_MODEL: name }) : null);
		if (!model) return goneModel(name);
		known.set(name, model);
		return model;
	};
}

const goneModel = (name: string): ChatModel => ({
	name,
	// biome-ignore lint/correctness/useYield: it never says a word
	answer: async function* () {
		throw new ModelFailure(`This installation has no model named ${name} any more.`);
	},
});
