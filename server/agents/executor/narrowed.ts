/** What the agent may search and what this question asked for, where either sets a limit. */
export function narrowed(allowed: string[] | null, wanted: string[] | null): string[] | null {
	if (!allowed) return wanted;
	return wanted ? wanted.filter((id) => allowed.includes(id)) : allowed;
}
