import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { ApiKey, ApiKeyPage, CreateKey, ListAllKeys, ListKeys, NewKey, OneKey, RotateKey } from "./contract";
import { createKey, getKey, listAllKeys, listKeys, revokeAnyKey, revokeKey, rotateKey } from "./service";

export const keysRouter = router({
	list: procedure("keys:write", { rest: "GET /keys", summary: "List your own API keys.", risk: "read" })
		.input(ListKeys)
		.output(ApiKeyPage)
		.query(({ ctx, input }) => listKeys(ctx, input)),

	get: procedure("keys:write", { rest: "GET /keys/{keyId}", summary: "Get one of your own API keys.", risk: "read" })
		.input(OneKey)
		.output(ApiKey)
		.query(({ ctx, input }) => getKey(ctx, input)),

	listAll: procedure("keys:manage", { rest: "GET /all-keys", summary: "List everybody's API keys.", risk: "read" })
		.input(ListAllKeys)
		.output(ApiKeyPage)
		.query(({ ctx, input }) => listAllKeys(ctx, input)),

	create: procedure("keys:write", {
		rest: "POST /keys",
		summary: "Make an API key. Its secret is told in this answer only.",
		created: "/keys/{key.id}",
		risk: "danger",
		isSecret: true,
	})
		.input(CreateKey)
		.output(NewKey)
		.mutation(({ ctx, input }) => createKey(ctx, input)),

	rotate: procedure("keys:write", {
		rest: "POST /keys/{keyId}/rotate",
		summary: "Give an API key a new secret; the old one works on for a while.",
		risk: "danger",
		isSecret: true,
	})
		.input(RotateKey)
		.output(NewKey)
		.mutation(({ ctx, input }) => rotateKey(ctx, input)),

	/** Taking something away must not wait for a proof. */
	revoke: procedure("keys:write", {
		rest: "DELETE /keys/{keyId}",
		summary: "Revoke one of your own API keys.",
		risk: "write",
	})
		.input(OneKey)
		.output(ApiKey)
		.mutation(({ ctx, input }) => revokeKey(ctx, input)),

	revokeAny: procedure("keys:manage", {
		rest: "DELETE /all-keys/{keyId}",
		summary: "Revoke anybody's API key.",
		risk: "write",
	})
		.input(OneKey)
		.output(ApiKey)
		.mutation(({ ctx, input }) => revokeAnyKey(ctx, input)),
});
