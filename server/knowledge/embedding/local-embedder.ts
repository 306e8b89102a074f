import { join } from "node:path";
import { env } from "@/server/core/env";
import { Lane } from "./lane";
import { modelName } from "./protocol";

/** Turns texts into vectors of length 1. Vectors of two models can't be compared: `model` tells them apart. */
export type Embedder = {
	model: string;
	dimension: number;
	/** Whether texts stay on this machine. */
	isLocal: boolean;
	/** What a passage may have at most, so that the model reads all of it. */
	mostCharacters: number;
	/** `urgent` goes before whatever waits: somebody is waiting for an answer. */
	embed(texts: string[], options?: { urgent?: boolean }): Promise<Float32Array[]>;
};

/** It does not answer, or not as it should: what waits for it is tried again later. */
export class EmbedderAway extends Error {
	override name = "EmbedderAway";
}

const patientIdleMs = 30_000;

/** all-MiniLM-L6-v2 in threads of this process: one for questions, and one for passages while there are any. */
export class LocalEmbedder implements Embedder {
	readonly model = modelName;
	readonly dimension = 384;
	readonly isLocal = true;
	readonly mostCharacters = 1_000;
	private readonly urgent: Lane;
	private readonly patient: Lane;

	constructor(folder = join(env().QD_DATA, "models"), idleMs = patientIdleMs) {
		this.urgent = new Lane({ folder, isPatient: false });
		this.patient = new Lane({ folder, isPatient: true, idleMs });
	}

	embed(texts: string[], { urgent = false }: { urgent?: boolean } = {}): Promise<Float32Array[]> {
		return Promise.all(texts.map((text) => (urgent ? this.embedUrgent(text) : this.patient.embed(text))));
	}

	/** Ends the threads; what waits fails. The next text starts one again. */
	async stop(): Promise<void> {
		await Promise.all([this.urgent.stop(), this.patient.stop()]);
	}

	/** Until the model is loaded for questions, the thread of passages is quicker, where it has it already. */
	private embedUrgent(text: string): Promise<Float32Array> {
		if (this.urgent.isWarm || !this.patient.isWarm) return this.urgent.embed(text);
		this.urgent.warm();
		return this.patient.embed(text, { first: true });
	}
}
