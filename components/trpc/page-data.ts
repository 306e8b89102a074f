import type { InfiniteData } from "@tanstack/react-query";

export type PageOf<Row> = { rows: Row[]; next: string | null };
/** A keyset list as the cache keeps it. */
export type Pages<Row> = InfiniteData<PageOf<Row>, string | null>;

/** A first page, for a list that the server fills. */
export const onePage = <Row>(page: PageOf<Row>): Pages<Row> => ({ pages: [page], pageParams: [null] });

/** The same pages with each row passed through `change`; null takes a row out. */
export const mapRows = <Row>(pages: Pages<Row>, change: (row: Row) => Row | null): Pages<Row> => ({
	...pages,
	pages: pages.pages.map((page) => ({ ...page, rows: page.rows.flatMap((row) => change(row) ?? []) })),
});
