import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { onceInAWhile } from "./once-in-a-while.ts";

/** Null means that messages may have been missed while the connection was down: look at the rows again. */
export type NotificationListener = (payload: string | null) => void;

/** Hints between processes through PostgreSQL's LISTEN and NOTIFY, over one connection that restores itself. */
export interface Notifications {
  /** Payloads are ids, at most 8000 bytes. Inside a transaction use `select pg_notify(channel, payload)` instead. */
  publish(channel: string, payload: string): Promise<void>;
  /** Resolves when the channel is being listened to; returns the way to stop. */
  subscribe(channel: string, listener: NotificationListener): Promise<() => void>;
  /** The payloads of a channel until `signal` aborts; starts with null, so a reader looks once after it is subscribed. */
  stream(channel: string, signal: AbortSignal): AsyncGenerator<string | null, void, undefined>;
  close(): Promise<void>;
}

const longestPauseMs = 2000;
const publishPatienceMs = 10_000;

export async function openNotifications(databaseUrl: string, onError: (error: Error) => void = () => {}): Promise<Notifications> {
  const report = onceInAWhile(onError);
  const listeners = new Map<string, Set<NotificationListener>>();
  const underway = new Set<Promise<void>>();
  let isClosed = false;
  let connected = connect();

  async function connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: databaseUrl, keepAlive: true, application_name: "amalgam notifications" });
    let isLost = false;
    const lose = (error: Error) => {
      if (isLost || isClosed) return;
      isLost = true;
      report(error);
      client.end().catch(() => {});
      connected = reconnect();
      connected.catch(() => {}); // only when closed meanwhile
    };
    client.on("notification", ({ channel, payload }) => {
      for (const listener of listeners.get(channel) ?? []) listener(payload ?? "");
    });
    client.on("error", lose);
    client.on("end", () => lose(new Error("the connection for notifications ended")));
    try {
      await client.connect();
      for (const channel of listeners.keys()) await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      isLost = true; // the caller tries again
      client.end().catch(() => {});
      throw error;
    }
    return client;
  }

  async function reconnect(): Promise<pg.Client> {
    for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      if (isClosed) throw new Error("notifications are closed");
      try {
        const client = await connect();
        for (const set of listeners.values()) for (const listener of set) listener(null);
        return client;
      } catch (error) {
        report(error as Error);
        await sleep(pauseMs);
      }
    }
  }

  /** Waits for a connection that is being restored, and asks once more when it broke under the query. */
  function query(sql: string, values: readonly string[]): Promise<void> {
    const asking = ask(sql, values).finally(() => underway.delete(asking));
    underway.add(asking);
    return asking;
  }

  async function ask(sql: string, values: readonly string[]): Promise<void> {
    const patience = AbortSignal.timeout(publishPatienceMs);
    for (;;) {
      try {
        const client = await Promise.race([connected, rejected(patience)]);
        await client.query(sql, [...values]);
        return;
      } catch (error) {
        if (isClosed || patience.aborted || !isConnectionFault(error)) throw error;
        await sleep(50);
      }
    }
  }

  await connected;
  const notifications: Notifications = {
    publish: (channel, payload) => query("select pg_notify($1, $2)", [channel, payload]),
    async subscribe(channel, listener) {
      const set = listeners.get(channel) ?? new Set();
      listeners.set(channel, set.add(listener));
      if (set.size === 1) await query(`listen ${pg.escapeIdentifier(channel)}`, []);
      return () => {
        set.delete(listener);
      };
    },
    async *stream(channel, signal) {
      const waiting: (string | null)[] = [null];
      let wake = () => {};
      const leave = await notifications.subscribe(channel, (payload) => {
        waiting.push(payload);
        wake();
      });
      const onAbort = () => wake();
      signal.addEventListener("abort", onAbort);
      try {
        while (!signal.aborted) {
          const next = waiting.shift();
          if (next !== undefined) yield next;
          else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
        }
      } finally {
        signal.removeEventListener("abort", onAbort);
        leave();
      }
    },
    async close() {
      isClosed = true;
      await Promise.allSettled(underway);
      const client = await connected.catch(() => null);
      await client?.end().catch(() => {});
    },
  };
  return notifications;
}

function rejected(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => reject(new Error("the database does not answer"));
    if (signal.aborted) fail();
    else signal.addEventListener("abort", fail, { once: true });
  });
}

function isConnectionFault(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return /^(57P|08|ECONN|EPIPE)/.test(code ?? "") || /connection|not queryable/i.test(message ?? "");
}
