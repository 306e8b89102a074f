export { cancelJob, retryJob } from "./change-jobs";
export { readJobsOverview } from "./overview";
export { getJob, listJobs } from "./read-jobs";
