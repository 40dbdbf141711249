import type { Content, Job } from "../core/index.ts";
import { contentSize, type ProgressReporter, progressReporter } from "../core/internal.ts";

/** How a store reports an object that comes in: task `read`, in bytes; for whoever writes a store. */
export async function readProgress(content: Content, job: Job): Promise<ProgressReporter> {
  const total = job.onProgress && (await contentSize(content));
  return progressReporter(job, { task: "read", subject: "object", unit: "bytes", total });
}
