import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Done } from "@/server/users/contract";
import { ListStops, OneStop, PlaceStop, Stop, StopPage } from "./contract";
import { liftStop, listStops, placeStop } from "./service";

export const stopsRouter = router({
	list: procedure("stops:manage", {
		rest: "GET /stops",
		summary: "List what agents and programs are stopped from.",
		risk: "read",
	})
		.input(ListStops)
		.output(StopPage)
		.query(({ ctx, input }) => listStops(ctx, input)),

	/** Stopping must not wait for a proof. */
	place: procedure("stops:manage", {
		rest: "POST /stops",
		summary: "Stop an agent, a tool, a model, what runs for a person, or everything, within 5 seconds.",
		risk: "write",
	})
		.input(PlaceStop)
		.output(Stop)
		.mutation(({ ctx, input }) => placeStop(ctx, input)),

	lift: procedure("stops:manage", {
		rest: "DELETE /stops/{stopId}",
		summary: "Lift a stop; what it ended stays ended.",
		risk: "danger",
	})
		.input(OneStop)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await liftStop(ctx, input);
			return { done: true };
		}),
});
