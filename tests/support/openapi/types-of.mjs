// Types of an OpenAPI document: `node types-of.mjs DOCUMENT OUTPUT`. openapi-typescript needs the compiler that TypeScript 7 no longer has in JavaScript.

import { writeFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

const compiler = `data:text/javascript,import { createRequire } from "node:module";
export default createRequire(${JSON.stringify(import.meta.url)})("@ts-morph/common").ts;`;
registerHooks({
	resolve: (name, context, next) =>
		name === "typescript" ? { url: compiler, shortCircuit: true } : next(name, context),
});

const [document = "", output = ""] = process.argv.slice(2);
const { default: typesOf, astToString } = await import("openapi-typescript");
writeFileSync(output, astToString(await typesOf(pathToFileURL(document))));
