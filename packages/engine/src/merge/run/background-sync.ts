import type { FileHandle } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Journal } from "./journal.ts";

const pauseMs = 50;
const journalMs = 500;

export interface Syncing {
  readonly handles: readonly FileHandle[];
  readonly journal: Journal | null;
  /** Names of the tensors whose bytes have all been written */
  finished(): readonly string[];
}

/**
 * Sends written pages to the disk while a merge computes, so that the last sync has little left to wait for, and notes in the
 * journal which tensors are safe: those that were finished before a sync of all files began, once it has ended.
 */
export class BackgroundSync {
  readonly #syncing: Syncing;
  readonly #controller = new AbortController();
  readonly #noted = new Set<string>();
  readonly #ended: Promise<void>;
  /** What is finished first is noted at once. */
  #notedAt = Number.NEGATIVE_INFINITY;
  #error: { readonly reason: unknown } | null = null;

  constructor(syncing: Syncing) {
    this.#syncing = syncing;
    this.#ended = this.#loop();
  }

  /**
   * Syncs once more. @throws what a sync has met at any time: the system reports a failed write only once, and nothing that comes
   * after makes up for it
   */
  async finish(): Promise<void> {
    await this.stop();
    await this.#sync();
  }

  /** Notes all that is finished, as far as that is possible, for a later run. */
  async save(): Promise<void> {
    await this.stop();
    await this.#round(true).catch(() => {});
  }

  /** Ends the work in the background. */
  async stop(): Promise<void> {
    this.#controller.abort();
    await this.#ended;
  }

  async #loop(): Promise<void> {
    const { signal } = this.#controller;
    try {
      while (!signal.aborted) {
        await delay(pauseMs, undefined, { signal });
        await this.#round(performance.now() - this.#notedAt >= journalMs);
      }
    } catch {
      // Stopped, or a sync has failed, which `finish` tells.
    }
  }

  async #round(isNoting: boolean): Promise<void> {
    const { journal, finished } = this.#syncing;
    const names = isNoting && journal !== null ? finished().filter((name) => !this.#noted.has(name)) : [];
    await this.#sync();
    if (!isNoting) return;
    if (names.length === 0 || journal === null) return;
    this.#notedAt = performance.now();
    try {
      await journal.note(names);
      for (const name of names) this.#noted.add(name);
    } catch {
      // The merge does not need its journal; the same names are tried again next time.
    }
  }

  async #sync(): Promise<void> {
    if (this.#error !== null) throw this.#error.reason;
    try {
      for (const handle of this.#syncing.handles) await handle.datasync();
    } catch (reason) {
      this.#error = { reason };
      throw reason;
    }
  }
}
