import { z } from "zod";
import { operation, refused, refusedFields } from "./operation.ts";

const judgementFields = `state trialsDone trialsExpected suite { namespace name title } failure { code message path }
  verdict { mean comparisons { baseline title mean difference low high sentence } }`;

const number = z.number();
const judgement = z.object({
  state: z.enum(["QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"]),
  trialsDone: number,
  trialsExpected: number,
  suite: z.object({ namespace: z.string(), name: z.string(), title: z.string() }).nullable(),
  failure: z.object({ code: z.string(), message: z.string(), path: z.array(z.string()) }).nullable(),
  verdict: z
    .object({
      mean: number,
      comparisons: z.array(
        z.object({
          baseline: z.string(),
          title: z.string(),
          mean: number,
          difference: number,
          low: number.nullable(),
          high: number.nullable(),
          sentence: z.string(),
        }),
      ),
    })
    .nullable(),
});
export type Judgement = z.infer<typeof judgement>;

/** Asking again answers the judgement there is. */
export const judgeMerge = operation<{ input: { version: string; suite: string } }>()(
  `mutation JudgeMerge($input: JudgeMergeInput!) {
    judgeMerge(input: $input) { __typename ... on JudgeMergeSuccess { judgement { ${judgementFields} } } ${refusedFields} }
  }`,
  z.object({
    judgeMerge: z.discriminatedUnion("__typename", [
      z.object({ __typename: z.literal("JudgeMergeSuccess"), judgement }),
      refused,
    ]),
  }),
);

export const judgementsOf = operation<{ ref: string }>()(
  `query JudgementsOf($ref: String!) { version(ref: $ref) { judgements { ${judgementFields} } } }`,
  z.object({ version: z.object({ judgements: z.array(judgement) }).nullable() }),
);
