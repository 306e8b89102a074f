/** Between the process and its embedding thread. */
export type Task = { id: number; text: string };
export type Reply = { id: number; vector: Float32Array<ArrayBuffer> } | { id: number; problem: string };
