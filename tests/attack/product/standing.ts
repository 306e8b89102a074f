import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import superjson from "superjson";
import type { TestProject } from "vitest/node";
import type { Role } from "@/server/core/permissions";
import { roles } from "@/server/core/permissions";
import { connect } from "@/tests/support/client";
import { startProduct } from "@/tests/support/product";
import { startProvider } from "@/tests/support/provider";

export type Account = { email: string; password: string; cookie: string; userId: string };

declare module "vitest" {
	interface ProvidedContext {
		/** The built product, started once for all files; it has one account in each role. */
		product: {
			url: string;
			data: string;
			/** Of the launcher. */
			pid: number;
			accounts: Record<Role, Account>;
			/** What became of each who tried to become the owner. */
			setups: number[];
			setupCode: string;
		};
	}
}

/** Starts the whole product with a stand-in model; fifty try to become its owner at once. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const provider = await startProvider();
	const data = await mkdtemp(join(tmpdir(), "quarterdeck-attack-"));
	const env = { QD_MODEL_URL: provider.url, QD_MODEL_KEY: "sk-canary-model-key", QD_MODEL: "stand-in" };
	const product = await startProduct({ data, env });
	const end = async () => {
		await product.stop();
		await provider.stop();
		await rm(data, { recursive: true, force: true });
	};
	try {
		const { setupCode } = await product.ready;
		const { url } = product;
		const setups = await Promise.all(Array.from({ length: 50 }, (_, at) => becomeOwner(url, setupCode ?? "", at)));
		const accounts = await makeAccounts(url, setups.indexOf(200));
		const pid = product.child.pid ?? 0;
		project.provide("product", { url, data, pid, accounts, setups, setupCode: setupCode ?? "" });
	} catch (error) {
		await end();
		throw error;
	}
	return end;
}

const owner = (at: number) => ({ email: `owner-${at}@example.test`, password: `canary password of owner ${at}` });

async function becomeOwner(url: string, code: string, at: number): Promise<number> {
	const answer = await fetch(`${url}/api/trpc/auth.createOwner`, {
		method: "POST",
		headers: { origin: url, "x-qd-csrf": "1", "content-type": "application/json" },
		body: superjson.stringify({ code, name: `Owner ${at}`, ...owner(at) }),
	});
	return answer.status;
}

/** One account in each role, signed in. */
async function makeAccounts(url: string, winner: number): Promise<Record<Role, Account>> {
	const first = await connect(url, owner(winner));
	const accounts: Partial<Record<Role, Account>> = {};
	for (const role of roles) {
		const account =
			role === "owner"
				? owner(winner)
				: { email: `${role}@example.test`, password: `canary password of the ${role}, long` };
		if (role !== "owner") await first.api.users.create.mutate({ ...account, name: role, role });
		const { api, cookie } = role === "owner" ? first : await connect(url, account);
		accounts[role] = { ...account, cookie, userId: (await api.auth.me.query({})).id };
	}
	return accounts as Record<Role, Account>;
}
