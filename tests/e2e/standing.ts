import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright";
import { expect } from "playwright/test";
import { connect } from "../support/client";
import { type Product, startProduct } from "../support/product";
import { type Provider, startProvider } from "../support/provider";
import { until } from "../support/until";

export const owner = { name: "Olive Owner", email: "olive@example.test", password: "the owner's long password" };
export const viewer = { name: "Vic Viewer", email: "vic@example.test", password: "the viewer's long password" };
export const staff = { name: "Sam Staff", email: "sam@example.test", password: "the staff's long password" };

/** The whole product with a stand-in model, as a browser meets it. */
export type Standing = {
	product: Product;
	url: string;
	provider: Provider;
	setupCode: string;
	/** A folder of this machine that collections may follow. */
	folder: string;
	remove: () => Promise<void>;
};

export async function stand(more: Record<string, string> = {}): Promise<Standing> {
	const provider = await startProvider();
	const data = await mkdtemp(join(tmpdir(), "quarterdeck-e2e-"));
	const folder = await realpath(await mkdtemp(join(tmpdir(), "quarterdeck-e2e-folder-")));
	const env = {
		...{ QD_SOURCE_FOLDERS: folder, QD_MODEL_URL: provider.url, QD_MODEL_KEY: "stand-in", QD_MODEL: "stand-in" },
		QD_VISION_MODELS: "stand-in",
		// The stand-in is on this machine, also where somebody enters its address.
		QD_PRIVATE_NETWORKS: "allowed",
		...more,
	};
	const product = await startProduct({ data, env });
	const { setupCode } = await product.ready;
	return {
		product,
		url: product.url,
		provider,
		setupCode: setupCode ?? "",
		folder,
		remove: async () => {
			await product.stop();
			await provider.stop();
			await rm(data, { recursive: true, force: true });
			await rm(folder, { recursive: true, force: true });
		},
	};
}

/** Its owner with a handbook of one document that everyone may read, ready to be asked about; the answer is their client. */
export async function ownerWithHandbook({ url, setupCode }: Standing) {
	const stranger = await connect(url);
	await stranger.api.auth.createOwner.mutate({ code: setupCode, ...owner });
	const { api } = await connect(url, owner);
	const { id: collectionId } = await api.knowledge.createCollection.mutate({ name: "Handbook", access: "everyone" });
	const { uploadId } = await api.knowledge.upload.mutate(new Blob(["All staff get 25 days of annual leave."]));
	await api.knowledge.addDocument.mutate({ collectionId, uploadId, name: "leave.md" });
	await until(async () => (await api.knowledge.getCollection.query({ collectionId })).readyCount === 1, 60_000);
	return api;
}

/** Whether what can be clicked listens by now: on a slow machine nobody is quicker than a page, but for a test. */
function isAwake(): boolean {
	const buttons = [...document.querySelectorAll("main button")];
	return buttons.length === 0 || buttons.some((one) => Object.keys(one).some((key) => key.startsWith("__reactProps")));
}

/** A page that is awake whenever it was gone to. */
function patient(page: Page): Page {
	const goto = page.goto.bind(page);
	page.goto = async (...asked) => {
		const answer = await goto(...asked);
		// Going on by itself to another page is not being awake yet.
		await expect.poll(() => page.evaluate(isAwake).catch(() => false)).toBe(true);
		return answer;
	};
	return page;
}

/** A page of its own session, signed in through the sign-in page. */
export async function signedIn(browser: Browser, url: string, who: { email: string; password: string }): Promise<Page> {
	const context = await browser.newContext({ baseURL: url });
	const page = patient(await context.newPage());
	await page.goto("/sign-in");
	await page.getByLabel("E-mail").fill(who.email);
	await page.getByRole("textbox", { name: "Password" }).fill(who.password);
	await page.getByRole("button", { name: "Sign in" }).click();
	await page.waitForURL("**/chat");
	return page;
}

/** What a page says, without what the clock changes. */
export const untimed = (text: string) => text.replaceAll(/just now|\d+ (s|min) ago/g, "then");
