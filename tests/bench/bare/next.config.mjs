import { dirname } from "node:path";
import product from "../../../next.config.mjs";

/** Built by the bench and by nothing else: no part of the product. */
/** @type {import("next").NextConfig} */
export default {
	...product,
	distDir: ".next",
	turbopack: { root: dirname(dirname(dirname(import.meta.dirname))) },
};
