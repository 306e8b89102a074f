import type { Env } from "@/server/core/env";
import type { ChatModel } from "./model";
import { openaiModel } from "./openai";

/** The model that the environment names, by itself; null where it names none. */
export function configuredModel(env: Pick<Env, "QD_MODEL_URL" | "QD_MODEL_KEY" | "QD_MODEL">): ChatModel | null {
	if (!env.QD_MODEL_URL || !env.QD_MODEL) return null;
	return openaiModel({ url: env.QD_MODEL_URL, key: env.QD_MODEL_KEY, model: env.QD_MODEL });
}
