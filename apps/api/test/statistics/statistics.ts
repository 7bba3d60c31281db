import fs from "node:fs/promises";
import path from "node:path";
import { readStatistic, type Statistic } from "@amalgam/engine/statistics";
import type { Client } from "../support/client.ts";
import type { Refusal } from "../support/registry.ts";

export interface StatisticAnswer {
  readonly id: string;
  readonly key: string;
  readonly state: string;
  readonly lambda: number;
  readonly sha256: string | null;
  readonly downloadPath: string | null;
  readonly examples: number;
}

const fields = "id key state lambda examples sha256 sizeBytes seconds passes downloadPath";

type Asked = Refusal & {
  readonly existing: number;
  readonly statistics: readonly StatisticAnswer[];
  readonly runs: readonly { readonly id: string }[];
};

export const requestStatistics = (client: Client, input: Record<string, unknown>) =>
  client.ask<Asked>(
    `mutation ($input: RequestStatisticsInput!) { requestStatistics(input: $input) { __typename
      ... on RequestStatisticsSuccess { existing statistics { ${fields} } runs { id } }
      ... on RefusedError { message faults { code message path } } } }`,
    { input },
  );

export const listStatistics = (client: Client, version: string, more = "") =>
  client.ask<{ totalCount: number; edges: { node: StatisticAnswer & Record<string, unknown> }[] }>(
    `query ($version: String) { statistics(version: $version ${more}) { totalCount edges { node { ${fields} kind estimator
      version { ref } base { ref } head { ref } split { name sha256 task { name } } } } } }`,
    { version },
  );

/** Downloads the file and reads it as any program would. */
export async function downloaded(
  client: Client,
  { downloadPath }: { downloadPath: string | null },
  folder: string,
): Promise<Statistic> {
  const answer = await client.fetch(downloadPath ?? "/files/none");
  if (answer.status !== 200) throw new Error(`${answer.status}`);
  const file = path.join(folder, path.basename(downloadPath ?? ""));
  await fs.writeFile(file, Buffer.from(await answer.arrayBuffer()));
  return readStatistic(file);
}

export const valuesOf = ({ tensors }: Statistic): Record<string, number[]> =>
  Object.fromEntries([...tensors].map(([name, { values }]) => [name, [...values]]));
