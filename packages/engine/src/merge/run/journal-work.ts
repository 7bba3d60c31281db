import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { z } from "zod";
import { canonicalJson } from "../canonical-json.ts";
import type { OpenModel } from "../open-model.ts";
import type { Plan } from "../planned.ts";
import { methodOf } from "../recipe.ts";
import type { OpenStatistic } from "../statistics/open-statistic.ts";
import { listFiles } from "./digest-models.ts";
import { engineVersion } from "./engine-version.ts";
import type { OutputLayout } from "./output-layout.ts";

/** Raised when the meaning of a journal changes. */
const journalVersion = 1;

const file = z.object({ sizeBytes: z.number(), header: z.string() });
const workSchema = z.object({
  journal: z.number(),
  engine: z.string(),
  method: z.object({ id: z.string(), version: z.number() }),
  recipe: z.record(z.string(), z.unknown()),
  outputs: z.array(file.extend({ name: z.string() })),
  /** `modified` in nanoseconds; as text, as it does not fit a number. `header` is empty for files that are no weights */
  inputs: z.array(file.extend({ path: z.string(), modified: z.string(), inode: z.string() })),
});

/** What a run works on, exactly: two runs with equal works would write the same bytes to the same places. `header`: a sha256. */
export type Work = z.infer<typeof workSchema>;

export async function describeWork(
  plan: Plan,
  models: readonly OpenModel[],
  statistics: readonly OpenStatistic[],
  layout: OutputLayout,
): Promise<Work> {
  const { id, version } = methodOf(plan.recipe);
  const weights = [...models.flatMap(({ files }) => files), ...statistics.map(({ file }) => file)];
  // Configurations, tokenizers and settings of adapters decide about the weights, too.
  const listed = (await Promise.all(models.map(listFiles))).flat().map(({ path }) => path);
  const others = [...new Set(listed)].filter((path) => !weights.includes(path)).sort();
  const inputs = [...weights.map((path) => describeInput(path, true)), ...others.map((path) => describeInput(path, false))];
  return {
    journal: journalVersion,
    engine: engineVersion,
    method: { id, version },
    recipe: { ...plan.recipe },
    outputs: layout.files.map(({ name, header, sizeBytes }) => ({ name, sizeBytes, header: sha256(header) })),
    inputs: await Promise.all(inputs),
  };
}

const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

async function describeInput(path: string, hasHeader: boolean): Promise<Work["inputs"][number]> {
  const { size, mtimeNs, ino } = await stat(path, { bigint: true });
  const header = hasHeader ? await digestHeader(path) : "";
  return { path, sizeBytes: Number(size), modified: String(mtimeNs), inode: String(ino), header };
}

async function digestHeader(path: string): Promise<string> {
  const prefix = await readBytes(path, 8);
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true));
  return sha256(await readBytes(path, 8 + length));
}

/** The first bytes of a file. */
async function readBytes(path: string, length: number): Promise<Buffer> {
  const handle = await open(path, "r");
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, 0);
    if (bytesRead < length) throw new Error(`${path} became shorter while it was read.`);
    return buffer;
  } finally {
    await handle.close();
  }
}

/** Whether the files that an earlier run has begun are all there, with the headers that they should have. */
export async function hasOutputs(folder: string, { outputs }: Work, layout: OutputLayout): Promise<boolean> {
  const found = await Promise.all(
    outputs.map(async ({ name, sizeBytes, header }, i) => {
      const path = `${folder}/${name}`;
      if ((await stat(path).catch(() => null))?.size !== sizeBytes) return false;
      return sha256(await readBytes(path, layout.files[i]?.header.length ?? 0)) === header;
    }),
  );
  return found.every(Boolean);
}

/** What is not as it was when an earlier run began, in words; null when its work is the same. */
export function changeSince(earlier: unknown, now: Work): string | null {
  const read = workSchema.safeParse(earlier);
  if (!read.success || read.data.journal !== journalVersion) return "it was made by another version of Amalgam";
  const before = read.data;
  if (before.engine !== now.engine) return `it was made by version ${before.engine} of the engine, and this is ${now.engine}`;
  const [was, is] = [canonicalJson(before.method), canonicalJson(now.method)];
  if (was !== is) return `its method is ${before.method.id} in version ${before.method.version}`;
  const keys = Object.keys({ ...before.recipe, ...now.recipe });
  const other = keys.filter((key) => canonicalJson(before.recipe[key]) !== canonicalJson(now.recipe[key]));
  if (other.length > 0) return `the recipe has changed in ${other.join(", ")}`;
  const changed = now.inputs.find((input, i) => canonicalJson(before.inputs[i]) !== canonicalJson(input));
  if (changed !== undefined) return describeChange(before.inputs, changed);
  if (before.inputs.length !== now.inputs.length) return "it has read further files";
  if (canonicalJson(before.outputs) !== canonicalJson(now.outputs))
    return "its result is cut into other shards or stored in other types";
  return null;
}

function describeChange(before: Work["inputs"], { path, sizeBytes, modified, header }: Work["inputs"][number]): string {
  const earlier = before.find((input) => input.path === path);
  if (earlier === undefined) return `it has not read ${path}`;
  if (earlier.sizeBytes !== sizeBytes) return `${path} has had ${earlier.sizeBytes} bytes and now has ${sizeBytes}`;
  if (earlier.header !== header) return `the header of ${path} has changed`;
  if (earlier.modified !== modified) return `${path} has been modified since`;
  return `${path} has been replaced by another file, or stands in another place of the recipe`;
}
