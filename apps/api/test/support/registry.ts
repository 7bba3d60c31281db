import type { Client } from "./client.ts";

export interface VersionAnswer {
  readonly id: string;
  readonly ref: string;
  readonly kind: string;
  readonly state: string;
  readonly digest: string | null;
  readonly rejection: { readonly code: string; readonly message: string; readonly path: readonly string[] } | null;
}

export interface RunAnswer {
  readonly id: string;
  readonly state: string;
  readonly progress: number;
  readonly attempts: number;
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly version: VersionAnswer | null;
}

export interface Refusal {
  readonly __typename: string;
  readonly message?: string;
  readonly faults?: readonly { readonly code: string; readonly message: string; readonly path: readonly string[] }[];
}

const versionFields = "id ref kind state digest rejection { code message path }";
export const runFields = `id state progress attempts failure { code message } version { ${versionFields} }`;
const refused = "... on RefusedError { message faults { code message path } }";

export const createModel = (client: Client, namespace: string, name: string) =>
  client.ask<Refusal & { created?: boolean }>(
    `mutation ($input: CreateModelInput!) { createModel(input: $input) { __typename ... on CreateModelSuccess { created model { id strand } } ${refused} } }`,
    { input: { namespace, name } },
  );

export type Registered = Refusal & {
  readonly created?: boolean;
  readonly version?: VersionAnswer;
  readonly run?: RunAnswer | null;
};

export const registerVersion = (client: Client, input: Record<string, unknown>) =>
  client.ask<Registered>(
    `mutation ($input: RegisterVersionInput!) { registerVersion(input: $input) { __typename
      ... on RegisterVersionSuccess { created version { ${versionFields} } run { ${runFields} } } ${refused} } }`,
    { input },
  );

export type MergeAnswer = Refusal & { readonly created?: boolean; readonly version?: VersionAnswer; readonly run?: RunAnswer };

export const requestMerge = (client: Client, input: Record<string, unknown>) =>
  client.ask<MergeAnswer>(
    `mutation ($input: RequestMergeInput!) { requestMerge(input: $input) { __typename
      ... on RequestMergeSuccess { created version { ${versionFields} } run { ${runFields} } } ${refused} } }`,
    { input },
  );

export const readRun = (client: Client, id: string) =>
  client.ask<RunAnswer>(`query ($id: ID!) { run(id: $id) { ${runFields} } }`, { id });

/** Waits until the run has ended, and answers it. */
export async function runEnded(client: Client, id: string, limitMs = 40_000): Promise<RunAnswer> {
  const until = Date.now() + limitMs;
  for (;;) {
    const run = await readRun(client, id);
    if (["SUCCEEDED", "FAILED", "CANCELLED"].includes(run.state)) return run;
    if (Date.now() > until) throw new Error(`The run is still ${run.state} after ${limitMs} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Creates the model, uploads the files and registers them. */
export async function push(
  client: Client,
  ref: string,
  files: ReadonlyMap<string, Uint8Array>,
  more: Record<string, unknown> = {},
): Promise<Registered> {
  const [namespace = "", name = ""] = ref.split("/");
  await createModel(client, namespace, name);
  const list = [];
  for (const [path, bytes] of files) list.push({ path, ...(await client.upload(bytes)) });
  return registerVersion(client, { namespace, name, kind: "FINE_TUNED", files: list, ...more });
}

/** Pushes and waits until the version is verified. */
export async function pushReady(
  client: Client,
  ref: string,
  files: ReadonlyMap<string, Uint8Array>,
  more: Record<string, unknown> = {},
): Promise<VersionAnswer> {
  const { run, message } = await push(client, ref, files, more);
  if (!run) throw new Error(message);
  const { version, failure } = await runEnded(client, run.id);
  if (version?.state !== "READY") throw new Error(failure?.message ?? "not ready");
  return version;
}
