import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

/** How the stand-in takes a request: `half` answers without the points, `acknowledged` has not written yet. */
export type QdrantFault = "none" | "refuse" | "cut" | "silent" | "half" | "acknowledged" | "garbled";

const Match = z.union([
	z.strictObject({ key: z.string(), match: z.strictObject({ any: z.array(z.number()) }) }),
	z.strictObject({ key: z.string(), match: z.strictObject({ value: z.number() }) }),
	z.strictObject({ has_id: z.array(z.number()) }),
]);
type Condition = z.infer<typeof Match> | Filter;
type Filter = { must?: Condition[]; must_not?: Condition[]; should?: Condition[] };
const Filter: z.ZodType<Filter> = z.lazy(() => {
	const conditions = z.array(z.union([Match, Filter])).optional();
	return z.strictObject({ must: conditions, must_not: conditions, should: conditions });
});
const Stored = z.strictObject({
	id: z.int(),
	vector: z.array(z.number()),
	payload: z.strictObject({ collection: z.int(), document: z.int() }),
});
type Stored = z.infer<typeof Stored>;
const Query = z.strictObject({
	query: z.array(z.number()),
	filter: Filter,
	limit: z.int(),
	with_payload: z.literal(false),
	params: z.record(z.string(), z.unknown()),
});
const Upsert = z.strictObject({ points: z.array(Stored) });
const Delete = z.union([z.strictObject({ filter: Filter }), z.strictObject({ points: z.array(z.int()) })]);
const Count = z.strictObject({ filter: Filter, exact: z.literal(true) });
const Scroll = z.strictObject({
	offset: z.int(),
	limit: z.int(),
	with_payload: z.literal(false),
	with_vector: z.literal(false),
});

/**
 * A few of Qdrant's calls over HTTP, as its API documents them, in memory, with faults as told. It refuses what it does not know,
 * so that a call the real one would refuse does not pass here; that the real one does as we think is shown with a real one.
 */
export async function startQdrant() {
	const collections = new Map<string, Map<number, Stored>>();
	const faults: QdrantFault[] = [];
	const held: ServerResponse[] = [];
	let always: QdrantFault = "none";
	let asked = 0;
	const server = createServer(async (request, response) => {
		asked++;
		const text = (await request.toArray().catch(() => [])).join("");
		const fault = faults.shift() ?? always;
		if (fault === "refuse") return void response.writeHead(503).end("no");
		if (fault === "cut") return void request.socket.destroy();
		if (fault === "silent") return void held.push(response);
		if (fault === "garbled") return void response.writeHead(200, { "content-type": "application/json" }).end("{");
		const url = new URL(request.url ?? "/", "http://qdrant");
		const answer = (status: number, result: unknown) =>
			void response
				.writeHead(status, { "content-type": "application/json" })
				.end(JSON.stringify({ status: status < 400 ? "ok" : { error: result }, time: 0.001, result }));
		try {
			const result = handle(collections, `${request.method} ${url.pathname}`, text === "" ? {} : JSON.parse(text));
			if (result === null) return answer(404, "Not found");
			if (fault === "half") return answer(200, {});
			if (fault === "acknowledged") return answer(200, { operation_id: 1, status: "acknowledged" });
			answer(200, result);
		} catch (error) {
			answer(400, error instanceof Error ? error.message : String(error));
		}
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}`,
		/** The next requests, one by one, meet these. */
		fail: (...some: QdrantFault[]) => void faults.push(...some),
		/** From now on all of them do. */
		become: (fault: QdrantFault) => {
			always = fault;
		},
		asked: () => asked,
		points: () => [...collections.values()].flatMap((points) => [...points.values()]),
		stop: () => {
			for (const response of held) response.destroy();
			server.closeAllConnections();
			server.close();
		},
	};
}

const completed = { operation_id: 1, status: "completed" };

function handle(collections: Map<string, Map<number, Stored>>, call: string, body: unknown): unknown {
	const {
		method,
		name = "",
		rest = "",
	} = /^(?<method>[A-Z]+) \/collections\/(?<name>[\w-]+)(?<rest>\/.*)?$/.exec(call)?.groups ?? {};
	const points = collections.get(name);
	if (rest === "/exists") return { exists: points !== undefined };
	if (method === "PUT" && rest === "") {
		if (points) throw new Error("the collection exists");
		collections.set(name, new Map());
		return true;
	}
	if (!points) return null;
	switch (`${method} ${rest}`) {
		case "GET ":
			return { status: "green" };
		case "PUT /index":
			return completed;
		case "PUT /points":
			for (const point of Upsert.parse(body).points) points.set(point.id, point);
			return completed;
		case "POST /points/delete": {
			const asked = Delete.parse(body);
			for (const point of [...points.values()])
				if ("points" in asked ? asked.points.includes(point.id) : fits(point, asked.filter)) points.delete(point.id);
			return completed;
		}
		case "POST /points/count": {
			const { filter } = Count.parse(body);
			return { count: [...points.values()].filter((point) => fits(point, filter)).length };
		}
		case "POST /points/scroll": {
			const { offset, limit } = Scroll.parse(body);
			const ids = [...points.keys()].filter((id) => id >= offset).toSorted((a, b) => a - b);
			return { points: ids.slice(0, limit).map((id) => ({ id })), next_page_offset: ids[limit] ?? null };
		}
		case "POST /points/query": {
			const { query, filter, limit } = Query.parse(body);
			const scored = [...points.values()]
				.filter((point) => fits(point, filter))
				.map(({ id, vector }) => ({
					id,
					version: 1,
					score: vector.reduce((sum, value, i) => sum + value * (query[i] ?? 0), 0),
				}));
			return { points: scored.toSorted((a, b) => b.score - a.score).slice(0, limit) };
		}
		default:
			throw new Error(`there is no ${call}`);
	}
}

function fits(point: Stored, { must = [], must_not = [], should = [] }: Filter): boolean {
	const holds = (condition: Condition) => {
		if ("has_id" in condition) return condition.has_id.includes(point.id);
		if (!("key" in condition)) return fits(point, condition);
		const value = condition.key === "collection" ? point.payload.collection : point.payload.document;
		return "any" in condition.match ? condition.match.any.includes(value) : condition.match.value === value;
	};
	return must.every(holds) && !must_not.some(holds) && (should.length === 0 || should.some(holds));
}
