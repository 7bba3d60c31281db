import { z } from "zod";
import { operation, refused, refusedFields } from "./operation.ts";
import { verdict, verdictFields } from "./verdict.ts";

const judgementFields = `state trialsDone trialsExpected suite { namespace name title } failure { code message path }
  ${verdictFields}`;

const number = z.number();
const judgement = z.object({
  state: z.enum(["QUEUED", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"]),
  trialsDone: number,
  trialsExpected: number,
  suite: z.object({ namespace: z.string(), name: z.string(), title: z.string() }).nullable(),
  failure: z.object({ code: z.string(), message: z.string(), path: z.array(z.string()) }).nullable(),
  verdict,
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
