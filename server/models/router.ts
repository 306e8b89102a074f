import { z } from "zod";
import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import {
	AddConnection,
	AddModel,
	AddPrice,
	AddRoute,
	CallsOfRun,
	ChangeConnection,
	ChangeModel,
	ChangeRoute,
	ConnectionDetail,
	ConnectionPage,
	FixedModels,
	Gone,
	Health,
	ListConnections,
	ListModels,
	ListRoutes,
	Model,
	ModelCalls,
	ModelPage,
	OneConnection,
	OneModel,
	OnePrice,
	OneRoute,
	ReadHealth,
	Route,
	RoutePage,
	TestedModel,
	TestModel,
} from "./contract";
import {
	addConnection,
	addModel,
	addPrice,
	addRoute,
	callsOfRun,
	changeConnection,
	changeModel,
	changeRoute,
	fixedModels,
	getConnection,
	getRoute,
	listConnections,
	listModels,
	listRoutes,
	readHealth,
	removeConnection,
	removeModel,
	removePrice,
	removeRoute,
	testModel,
	versionOfConnection,
	versionOfRoute,
} from "./service";

export const modelsRouter = router({
	listConnections: procedure("models:read", {
		rest: "GET /model-connections",
		summary: "List the connections to chat models.",
		risk: "read",
	})
		.input(ListConnections)
		.output(ConnectionPage)
		.query(({ ctx, input }) => listConnections(ctx, input)),

	getConnection: procedure("models:read", {
		rest: "GET /model-connections/{connectionId}",
		summary: "Get a connection with its models and their prices; its key is told to nobody.",
		risk: "read",
	})
		.input(OneConnection)
		.output(ConnectionDetail)
		.query(
			({ ctx, input }) => getConnection(ctx, input),
			({ ctx, input }) => versionOfConnection(ctx, input),
		),

	fixed: procedure("models:read", {
		rest: "GET /fixed-models",
		summary: "Get the models that are there without being set up here: the environment's, and the built-in one.",
		risk: "read",
	})
		.input(z.strictObject({}))
		.output(FixedModels)
		.query(({ ctx }) => fixedModels(ctx)),

	addConnection: procedure("models:manage", {
		rest: "POST /model-connections",
		summary: "Connect a provider of chat models.",
		created: "/model-connections/{id}",
		risk: "danger",
		limit: "heavy",
		isSecret: true,
	})
		.input(AddConnection)
		.output(ConnectionDetail)
		.mutation(({ ctx, input }) => addConnection(ctx, input)),

	changeConnection: procedure("models:manage", {
		rest: "PATCH /model-connections/{connectionId}",
		summary: "Change a connection. Another address needs its key anew.",
		risk: "danger",
		limit: "heavy",
		isSecret: true,
	})
		.input(ChangeConnection)
		.output(ConnectionDetail)
		.mutation(({ ctx, input }) => changeConnection(ctx, input)),

	/** Taking something away must not wait for a proof. */
	removeConnection: procedure("models:manage", {
		rest: "DELETE /model-connections/{connectionId}",
		summary: "Remove a connection with its models; one that a route asks is refused.",
		risk: "write",
	})
		.input(OneConnection)
		.output(Gone)
		.mutation(({ ctx, input }) => removeConnection(ctx, input)),

	list: procedure("models:read", {
		rest: "GET /models",
		summary: "List the models of all connections.",
		risk: "read",
	})
		.input(ListModels)
		.output(ModelPage)
		.query(({ ctx, input }) => listModels(ctx, input)),

	addModel: procedure("models:manage", {
		rest: "POST /model-connections/{connectionId}/models",
		summary: "Add a model of a connection.",
		risk: "write",
	})
		.input(AddModel)
		.output(Model)
		.mutation(({ ctx, input }) => addModel(ctx, input)),

	changeModel: procedure("models:manage", {
		rest: "PATCH /models/{modelId}",
		summary: "Change what is known of a model, or turn it off.",
		risk: "write",
	})
		.input(ChangeModel)
		.output(Model)
		.mutation(({ ctx, input }) => changeModel(ctx, input)),

	removeModel: procedure("models:manage", {
		rest: "DELETE /models/{modelId}",
		summary: "Remove a model; one that a route asks is refused.",
		risk: "write",
	})
		.input(OneModel)
		.output(Gone)
		.mutation(({ ctx, input }) => removeModel(ctx, input)),

	addPrice: procedure("models:manage", {
		rest: "POST /models/{modelId}/prices",
		summary: "Say what a model costs from a moment on.",
		risk: "write",
	})
		.input(AddPrice)
		.output(Model)
		.mutation(({ ctx, input }) => addPrice(ctx, input)),

	removePrice: procedure("models:manage", {
		rest: "DELETE /model-prices/{priceId}",
		summary: "Remove a price. What was written down by it stays.",
		risk: "write",
	})
		.input(OnePrice)
		.output(Model)
		.mutation(({ ctx, input }) => removePrice(ctx, input)),

	listRoutes: procedure("models:read", {
		rest: "GET /model-routes",
		summary: "List the routes that agents ask, with their models in order.",
		risk: "read",
	})
		.input(ListRoutes)
		.output(RoutePage)
		.query(({ ctx, input }) => listRoutes(ctx, input)),

	getRoute: procedure("models:read", {
		rest: "GET /model-routes/{routeId}",
		summary: "Get a route with its models in order.",
		risk: "read",
	})
		.input(OneRoute)
		.output(Route)
		.query(
			({ ctx, input }) => getRoute(ctx, input),
			({ ctx, input }) => versionOfRoute(ctx, input),
		),

	addRoute: procedure("models:manage", {
		rest: "POST /model-routes",
		summary: "Make a route: models that are asked in order until one answers.",
		created: "/model-routes/{id}",
		risk: "write",
	})
		.input(AddRoute)
		.output(Route)
		.mutation(({ ctx, input }) => addRoute(ctx, input)),

	changeRoute: procedure("models:manage", {
		rest: "PATCH /model-routes/{routeId}",
		summary: "Change a route: its models, their order and conditions, or whether it is the default.",
		risk: "write",
	})
		.input(ChangeRoute)
		.output(Route)
		.mutation(({ ctx, input }) => changeRoute(ctx, input)),

	removeRoute: procedure("models:manage", {
		rest: "DELETE /model-routes/{routeId}",
		summary: "Remove a route; one that an agent asks is refused.",
		risk: "write",
	})
		.input(OneRoute)
		.output(Gone)
		.mutation(({ ctx, input }) => removeRoute(ctx, input)),

	test: procedure("models:manage", {
		rest: "POST /model-tests",
		summary: "Ask a model for one word, and see how long that takes. It counts as any call.",
		risk: "write",
		limit: "heavy",
	})
		.input(TestModel)
		.output(TestedModel)
		.mutation(({ ctx, input }) => testModel(ctx, input)),

	health: procedure("models:read", {
		rest: "GET /model-health/{modelKey}",
		summary: "Get how a model's calls of the last 24 hours went.",
		risk: "read",
	})
		.input(ReadHealth)
		.output(Health)
		.query(({ ctx, input }) => readHealth(ctx, input)),

	callsOfRun: procedure("runs:read", {
		rest: "GET /runs/{runId}/model-calls",
		summary: "Get which models one of your own runs asked, and what that took and cost.",
		risk: "read",
	})
		.input(CallsOfRun)
		.output(ModelCalls)
		.query(({ ctx, input }) => callsOfRun(ctx, input)),
});
