export function chromium(): string | null;
export function expectTools(): Promise<string>;
