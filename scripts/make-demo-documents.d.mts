export const targets: Readonly<Record<string, string>>;
export function makeDocument(source: string): Promise<Buffer>;
