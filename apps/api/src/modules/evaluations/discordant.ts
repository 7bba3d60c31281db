import { setImmediate } from "node:timers/promises";
import { PackedBits, type PairList } from "@amalgam/engine/scores";
import type { Deps } from "../../deps.ts";

/** Bits held at once, whatever the number of versions and examples. */
const memoryBytes = 8 << 20;
/** Words compared before other requests get their turn. */
const wordsAtOnce = 1 << 22;

/**
 * On how many examples exactly one of two evaluations of the same split is right, for each pair of places in `evaluationIds`.
 * Reads the bits of all evaluations a range of examples at a time.
 */
export async function countDiscordant(
  deps: Deps,
  evaluationIds: readonly string[],
  { n, pairs }: { n: number; pairs: PairList },
): Promise<Uint32Array> {
  const ids = [...new Set([...new Set(pairs)].map((index) => evaluationIds[index] ?? ""))];
  const rowOf = new Map(ids.map((id, row) => [id, row]));
  const rows = Uint32Array.from(evaluationIds, (id) => rowOf.get(id) ?? 0);
  const bytes = Math.ceil(n / 8);
  const atOnce = Math.min(bytes, Math.max(512, 4 * Math.floor(memoryBytes / 4 / Math.max(1, ids.length))));
  const counts = new Uint32Array(pairs.length / 2);
  for (let from = 0; from < bytes; from += atOnce) {
    const packed = new PackedBits(ids.length, atOnce);
    const parts = await deps.db.$queryRaw<{ id: string; part: Uint8Array }[]>`
      select id, substring(correct from ${from + 1}::int for ${atOnce}::int) as part from "Evaluation" where id = any(${ids})`;
    for (const { id, part } of parts) packed.set(rowOf.get(id) ?? 0, part);
    const rest = Math.max(1, Math.floor(wordsAtOnce / Math.ceil(atOnce / 4)));
    for (let i = 0; i < counts.length; i++) {
      const [a, b] = [rows[pairs[2 * i] ?? 0] ?? 0, rows[pairs[2 * i + 1] ?? 0] ?? 0];
      counts[i] = (counts[i] ?? 0) + packed.discordant(a, b);
      if (i % rest === rest - 1) await setImmediate();
    }
  }
  return counts;
}
