import { randomBytes } from "node:crypto";
import type { triggers } from "@/db/schema";
import { seal, unseal } from "@/server/core/vault";

export type TriggerRow = typeof triggers.$inferSelect;

const placeOf = (triggerId: string, version: number) => ({
	table: "triggers",
	row: triggerId,
	column: "sealed_secret",
	version,
});

/** A new secret, in the form that other senders of webhooks know, and as the row keeps it. */
export function newSecret(triggerId: string, version: number): { secret: string; sealedSecret: string } {
	const secret = `whsec_${randomBytes(32).toString("base64")}`;
	return { secret, sealedSecret: seal(secret, placeOf(triggerId, version)) };
}

/** The secrets that hold now, the newest first. `now` is the database's. */
export function secretsOf(
	row: Pick<TriggerRow, "id" | "sealedSecret" | "secretVersion" | "sealedFormer"> & { isFormerValid: boolean },
): string[] {
	const { id, sealedSecret, secretVersion, sealedFormer } = row;
	return [
		...(sealedSecret ? [unseal(sealedSecret, placeOf(id, secretVersion))] : []),
		...(sealedFormer && row.isFormerValid ? [unseal(sealedFormer, placeOf(id, secretVersion - 1))] : []),
	];
}
