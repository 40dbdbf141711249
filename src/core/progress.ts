import type { Job, Progress } from "./types.ts";

/** Reports the progress of one piece of work, thinned to what a person can see. */
export interface ProgressReporter {
  /** `count` more are done. */
  add(count: number): void;
  /** The work is complete: reports `done === total`. */
  finish(): void;
}

const MIB = 2 ** 20;

/** A reporter for one subject; without `onProgress` it does nothing. */
export function progressReporter(
  job: Job | undefined,
  what: Pick<Progress, "task" | "subject" | "unit"> & { total?: number | undefined },
): ProgressReporter {
  const onProgress = job?.onProgress;
  if (!onProgress) return { add() {}, finish() {} };
  const { task, subject, unit, total } = what;
  const step =
    total === undefined
      ? unit === "bytes"
        ? MIB
        : 100
      : Math.max(1, Math.floor(total / 100), unit === "bytes" ? MIB : 1);
  let done = 0;
  let said = 0;
  return {
    add(count) {
      done += count;
      // The last event is finish(): nothing is said to be complete before it is.
      if (done - said < step || (total !== undefined && done >= total)) return;
      said = done;
      onProgress({ task, subject, done, unit, ...(total === undefined ? {} : { total }) });
    },
    finish() {
      const all = total ?? done;
      onProgress({ task, subject, done: all, total: all, unit });
    },
  };
}
