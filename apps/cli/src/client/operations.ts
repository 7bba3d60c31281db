import { z } from "zod";
import { bigInt, fault, faultFields, operation, refused, refusedFields } from "./operation.ts";

export const versionKinds = ["BASE", "FINE_TUNED", "TASK_VECTOR", "ADAPTER", "MERGED"] as const;
export type VersionKind = (typeof versionKinds)[number];
export const runStates = ["QUEUED", "RUNNING", "CANCELLING", "SUCCEEDED", "FAILED", "CANCELLED"] as const;
export type RunState = (typeof runStates)[number];
const runKinds = ["VERIFICATION", "MERGE", "EVALUATION", "STATISTIC"] as const;
export const splitPurposes = ["TRAIN", "SEARCH", "REPORT"] as const;
export type SplitPurpose = (typeof splitPurposes)[number];

const versionKind = z.enum(versionKinds);
const versionState = z.enum(["VERIFYING", "READY", "REJECTED"]);

const versionFields = `id ref number kind state rejection { ${faultFields} } digest sizeBytes parameterCount dtype aliases`;
const version = z.object({
  id: z.string(),
  ref: z.string(),
  number: z.number(),
  kind: versionKind,
  state: versionState,
  rejection: fault.nullable(),
  digest: z.string().nullable(),
  sizeBytes: bigInt,
  parameterCount: bigInt,
  dtype: z.string().nullable(),
  aliases: z.array(z.string()),
});
export type Version = z.infer<typeof version>;

const runFields = `id kind state title progress stage tensorsDone tensorsTotal bytesPerSecond secondsLeft failure { ${faultFields} } version { ${versionFields} } createdAt startedAt finishedAt`;
const run = z.object({
  id: z.string(),
  kind: z.enum(runKinds),
  state: z.enum(runStates),
  title: z.string(),
  progress: z.number(),
  stage: z.string().nullable(),
  tensorsDone: z.number().nullable(),
  tensorsTotal: z.number().nullable(),
  bytesPerSecond: z.number().nullable(),
  secondsLeft: z.number().nullable(),
  failure: fault.nullable(),
  version: version.nullable(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
});
export type Run = z.infer<typeof run>;

export interface FileInput {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

export const viewer = operation<Record<string, never>>()(
  "query Viewer { viewer { name namespaces backends { name chosen reason } } }",
  z.object({
    viewer: z.object({
      name: z.string(),
      namespaces: z.array(z.string()),
      backends: z.array(z.object({ name: z.string(), chosen: z.boolean(), reason: z.string() })),
    }),
  }),
);

export const createModel = operation<{ input: { namespace: string; name: string; description?: string } }>()(
  `mutation CreateModel($input: CreateModelInput!) {
    createModel(input: $input) { __typename ... on CreateModelSuccess { created model { id } } ${refusedFields} }
  }`,
  z.object({
    createModel: z.discriminatedUnion("__typename", [
      z.object({ __typename: z.literal("CreateModelSuccess"), created: z.boolean(), model: z.object({ id: z.string() }) }),
      refused,
    ]),
  }),
);

const upload = z.object({
  id: z.string(),
  sizeBytes: bigInt,
  partSizeBytes: z.number(),
  partCount: z.number(),
  receivedParts: z.array(z.number()),
  complete: z.boolean(),
});
export type Upload = z.infer<typeof upload>;

export const beginUpload = operation<{ input: { sha256: string; sizeBytes: number } }>()(
  `mutation BeginUpload($input: BeginUploadInput!) {
    beginUpload(input: $input) {
      __typename
      ... on BeginUploadSuccess { upload { id sizeBytes partSizeBytes partCount receivedParts complete } }
      ${refusedFields}
    }
  }`,
  z.object({
    beginUpload: z.discriminatedUnion("__typename", [z.object({ __typename: z.literal("BeginUploadSuccess"), upload }), refused]),
  }),
);

export interface RegisterVersionInput {
  readonly namespace: string;
  readonly name: string;
  readonly kind: VersionKind;
  readonly files: readonly FileInput[];
  readonly base?: string;
  readonly licence?: string;
  readonly aliases?: readonly string[];
}

export const registerVersion = operation<{ input: RegisterVersionInput }>()(
  `mutation RegisterVersion($input: RegisterVersionInput!) {
    registerVersion(input: $input) {
      __typename
      ... on RegisterVersionSuccess { created version { ${versionFields} } run { id } }
      ${refusedFields}
    }
  }`,
  z.object({
    registerVersion: z.discriminatedUnion("__typename", [
      z.object({
        __typename: z.literal("RegisterVersionSuccess"),
        created: z.boolean(),
        version,
        run: z.object({ id: z.string() }).nullable(),
      }),
      refused,
    ]),
  }),
);

const file = z.object({ path: z.string(), sha256: z.string(), sizeBytes: bigInt, downloadPath: z.string() });
export type RemoteFile = z.infer<typeof file>;

export const versionByRef = operation<{ ref: string }>()(
  `query Version($ref: String!) { version(ref: $ref) { ${versionFields} files { path sha256 sizeBytes downloadPath } } }`,
  z.object({ version: version.extend({ files: z.array(file) }).nullable() }),
);

export const runById = operation<{ id: string }>()(
  `query Run($id: ID!) { run(id: $id) { ${runFields} } }`,
  z.object({ run: run.nullable() }),
);

export const recentRuns = operation<{ first: number; state?: RunState }>()(
  `query Runs($first: Int!, $state: RunState) { runs(first: $first, state: $state) { totalCount edges { node { ${runFields} } } } }`,
  z.object({ runs: z.object({ totalCount: z.number(), edges: z.array(z.object({ node: run })) }) }),
);

/** A statistic that a merge waits for while it is not measured yet. */
const need = z.object({ state: z.enum(runStates), run: z.object({ id: z.string(), title: z.string() }).nullable() });

export interface RequestMergeInput {
  readonly namespace: string;
  readonly name: string;
  readonly recipe: unknown;
  readonly aliases?: readonly string[];
  /** How statistics are measured that the recipe does not name. */
  readonly statistics?: object;
  /** Where the merge is judged when it is done. */
  readonly suite?: string;
}

export const requestMerge = operation<{ input: RequestMergeInput }>()(
  `mutation RequestMerge($input: RequestMergeInput!) {
    requestMerge(input: $input) {
      __typename
      ... on RequestMergeSuccess { created run { ${runFields} needs { statistic { state run { id title } } } } version { ${versionFields} } }
      ${refusedFields}
    }
  }`,
  z.object({
    requestMerge: z.discriminatedUnion("__typename", [
      z.object({
        __typename: z.literal("RequestMergeSuccess"),
        created: z.boolean(),
        run: run.extend({ needs: z.array(z.object({ statistic: need })) }),
        version: version.nullable(),
      }),
      refused,
    ]),
  }),
);

export const cancelRun = operation<{ input: { id: string } }>()(
  `mutation CancelRun($input: CancelRunInput!) {
    cancelRun(input: $input) { __typename ... on CancelRunSuccess { run { id state } } ${refusedFields} }
  }`,
  z.object({
    cancelRun: z.discriminatedUnion("__typename", [
      z.object({ __typename: z.literal("CancelRunSuccess"), run: z.object({ id: z.string(), state: z.enum(runStates) }) }),
      refused,
    ]),
  }),
);
