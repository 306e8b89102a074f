/** Stands beside each vector; a change of the graph that changes vectors needs a new one. */
export const modelName = "minilm-l6-v2-int8-1";

/** Where the model's file is, and whether its thread lets others go first. */
export type Start = { folder: string; isPatient: boolean };
/** Between the process and its embedding thread. */
export type Task = { id: number; text: string };
/** Ends the thread once it has done what it is at: ended in the middle of it, ONNX Runtime takes the whole process along. */
export const end = "end";
export type Reply = { id: number; vector: Float32Array<ArrayBuffer> } | { id: number; problem: string };
