/** The query of a page's address, as Next hands it over. */
export type SearchParams = Promise<Record<string, string | string[] | undefined>>;

/** The same reader that the browser has; of a name that stands twice, the first counts. */
export async function readerOf(params: SearchParams): Promise<(name: string) => string | null> {
	const all = await params;
	return (name) => {
		const value = all[name];
		return (Array.isArray(value) ? value[0] : value) ?? null;
	};
}
