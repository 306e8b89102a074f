import type { InngestFunction } from "inngest";
import { accountJobs } from "@/server/account/jobs";
import { approvalJobs } from "@/server/approvals/jobs";
import { chainJobs } from "@/server/audit/chain-jobs";
import { exportJobs } from "@/server/audit/jobs";
import { erasureJobs } from "@/server/erasure/jobs";
import { evaluationJobs } from "@/server/evaluations/jobs";
import { extractionJobs } from "@/server/extractions/jobs";
import { knowledgeJobs } from "@/server/knowledge/jobs";
import { mailJobs } from "@/server/mail/jobs";
import { modelJobs } from "@/server/models/jobs";
import { playgroundJobs } from "@/server/playground/jobs";
import { promptJobs } from "@/server/prompts/jobs";
import { runJobs } from "@/server/runs/jobs";
import { sourceJobs } from "@/server/sources/jobs";
import { traceJobs } from "@/server/traces/jobs";
import { triggerJobs } from "@/server/triggers/jobs";
import { prune } from "./prune";

/** Every job there is: the embedded engine registers these, or the Inngest server does. */
export const jobFunctions: readonly InngestFunction.Any[] = [
	prune,
	...chainJobs,
	...accountJobs,
	...exportJobs,
	...erasureJobs,
	...knowledgeJobs,
	...playgroundJobs,
	...promptJobs,
	...runJobs,
	...extractionJobs,
	...evaluationJobs,
	...sourceJobs,
	...traceJobs,
	...triggerJobs,
	...mailJobs,
	...modelJobs,
	...approvalJobs,
];
