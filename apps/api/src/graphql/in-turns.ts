import { setImmediate } from "node:timers/promises";

/**
 * Hands out the entries of a long list a few at a time: graphql resolves all fields of everything that is there in one go, and
 * a thousand rows with twenty scores each would keep every other request waiting for half a second.
 */
export function inTurns<Entry>(entries: readonly Entry[], atOnce: number): (Entry | Promise<Entry>)[] {
  let turn = Promise.resolve();
  return entries.map((entry, i) => {
    if (i < atOnce) return entry;
    if (i % atOnce === 0) turn = turn.then(() => setImmediate());
    return turn.then(() => entry);
  });
}
