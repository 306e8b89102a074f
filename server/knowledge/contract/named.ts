const named = /"documentId"\s*:\s*"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"/g;

/** Documents that a tool's arguments or answer name, which its text may be of. */
export const documentsNamed = (text: string): string[] => [...text.matchAll(named)].flatMap(([, id]) => id ?? []);
