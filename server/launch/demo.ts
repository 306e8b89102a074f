import { database } from "@/server/core/database";
import { log } from "@/server/core/log";
import { demoPassword } from "@/server/demo/password";
import { seedDemo } from "@/server/demo/seed";
import { onStop, tell } from "./child";

const words = { people: "people", documents: "documents are ready", answers: "questions are answered" } as const;

onStop(async () => {});
const db = database();
try {
	const people = await seedDemo(db, ({ what, done, total }) => {
		void tell({ kind: "progress", text: `${done} of ${total} ${words[what]}` });
	});
	await tell({ kind: "demo", password: demoPassword(), people });
} catch (error) {
	log.error({ err: error }, "the demo is not complete");
	await tell({ kind: "problem", message: error instanceof Error ? error.message : String(error) });
}
await db.close();
process.exit();
