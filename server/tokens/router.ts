import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { RotateSigningKey, SigningKeyId } from "./contract";
import { rotateSigningKey } from "./service";

export const tokensRouter = router({
	rotateSigningKey: procedure("keys:manage", {
		rest: "POST /signing-keys",
		summary: "Let another key sign access tokens from now on.",
		risk: "danger",
	})
		.input(RotateSigningKey)
		.output(SigningKeyId)
		.mutation(({ ctx, input }) => rotateSigningKey(ctx, input)),
});
