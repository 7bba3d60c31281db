import { aboutSchema, type StatisticAbout, statisticKey } from "./statistic-about.ts";

/**
 * What a statistic's file says of itself in its metadata.
 * @param file name for messages
 * @throws Error that names the file when it is no statistic, or its facts are not those that its key was made of
 */
export function parseAbout(metadata: ReadonlyMap<string, string>, file: string): StatisticAbout {
  if (!metadata.has("amalgam.statistic.kind")) throw new Error(`${file} holds no statistic: it may be weights.`);
  const facts = Object.keys(aboutSchema.shape).map((name) => [name, parseFact(name, metadata.get(`amalgam.statistic.${name}`))]);
  const parsed = aboutSchema.safeParse(Object.fromEntries(facts));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`${file}: amalgam.statistic.${issue?.path.join(".")}: ${issue?.message}.`);
  }
  if (metadata.get("amalgam.statistic.key") !== statisticKey(parsed.data))
    throw new Error(`${file}: amalgam.statistic.key: not that of the facts beside it, so they were changed.`);
  return parsed.data;
}

const texts = new Set(["kind", "estimator", "model", "base", "data"]);

function parseFact(name: string, text: string | undefined): unknown {
  if (text === undefined || (texts.has(name) && text !== "null")) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
