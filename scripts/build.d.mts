/** Bundles programs that are no part of the product as the product's own are, for Node 24; `files`: their sources by their names. */
export function bundleWhole(root: string, files: Record<string, string>, outdir: string): Promise<void>;
