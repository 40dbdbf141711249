/** A signal that is aborted when nothing has happened for too long, or the caller stops. */
export interface Patience {
  signal: AbortSignal;
  /** Something happened: the time starts anew. */
  wind(): void;
  /** Nothing is waited for any longer. */
  stop(): void;
  /** True where it was the time that ran out. */
  readonly ended: boolean;
}

/** Waits `milliseconds` after each sign of life. */
export function patience(milliseconds: number, signal?: AbortSignal): Patience {
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;
  const wind = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      ended = true;
      controller.abort(new Error(`nothing came for ${milliseconds / 1000} seconds`));
    }, milliseconds);
  };
  wind();
  return {
    signal: signal ? AbortSignal.any([signal, controller.signal]) : controller.signal,
    wind,
    stop: () => clearTimeout(timer),
    get ended() {
      return ended;
    },
  };
}
