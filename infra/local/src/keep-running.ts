import { setTimeout as sleep } from "node:timers/promises";

/** Something that was started and is ready. */
export interface Running {
  /** Settles when it ends by itself, with a sentence about it. */
  readonly exited: Promise<string>;
  stop(): Promise<void>;
}

export interface KeepOptions {
  readonly name: string;
  /** Resolves when it is ready; rejects when it ends before, or when the signal aborts. */
  readonly start: (signal: AbortSignal) => Promise<Running>;
  readonly print: (line: string) => void;
  readonly onGivingUp: (error: Error) => void;
  /** Ends a first start that is under way. */
  readonly signal?: AbortSignal | undefined;
}

export interface Kept {
  /** Ends it and starts it again, as after a change of its source. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const crashWindowMs = 60_000;
const crashesInWindow = 5;
const longestPauseMs = 5000;

/** Starts something and starts it again when it crashes, ever later; gives up at the fifth crash within a minute. */
export async function keepRunning({ name, start, print, onGivingUp, signal }: KeepOptions): Promise<Kept> {
  const stopping = new AbortController();
  let crashes: number[] = [];
  let generation = 0;
  let current = await start(signal ?? stopping.signal);
  let work: Promise<void> = Promise.resolve();
  watch(current);

  function watch(running: Running): void {
    const mine = generation;
    void running.exited.then((reason) => {
      if (mine === generation && !stopping.signal.aborted) work = work.then(() => recover(mine, reason));
    });
  }

  async function recover(mine: number, firstReason: string): Promise<void> {
    for (let reason = firstReason; mine === generation; ) {
      const now = performance.now();
      crashes = [...crashes.filter((at) => now - at < crashWindowMs), now];
      if (crashes.length >= crashesInWindow)
        return onGivingUp(new Error(`${name} crashed ${crashes.length} times within a minute. ${reason}`));
      print(`${firstLine(reason)}; starting ${name} again`);
      try {
        await sleep(Math.min(200 * 2 ** (crashes.length - 1), longestPauseMs), undefined, { signal: stopping.signal });
        current = await start(stopping.signal);
        if (stopping.signal.aborted) return current.stop();
        return watch(current);
      } catch (error) {
        if (stopping.signal.aborted) return;
        reason = (error as Error).message;
      }
    }
  }

  return {
    restart() {
      generation++;
      crashes = [];
      const next = work.then(async () => {
        await current.stop();
        if (stopping.signal.aborted) return;
        try {
          current = await start(stopping.signal);
          watch(current);
        } catch (error) {
          print((error as Error).message);
        }
      });
      work = next;
      return next;
    },
    async stop() {
      stopping.abort();
      await work;
      await current.stop();
    },
  };
}

const firstLine = (text: string) => text.split("\n")[0];
