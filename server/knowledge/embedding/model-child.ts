import { writeModelFile } from "./model-file";

/** A process of its own, as what making the model takes does not come back from a process that goes on living: 200 MB. */
await writeModelFile(process.argv[2] ?? "");
