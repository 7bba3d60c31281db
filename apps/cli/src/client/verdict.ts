import { z } from "zod";

export const verdictFields = "verdict { mean comparisons { baseline title mean difference low high sentence } }";

/** How a merge came out against what it is judged by; null until that is known. */
export const verdict = z
  .object({
    mean: z.number(),
    comparisons: z.array(
      z.object({
        baseline: z.string(),
        title: z.string(),
        mean: z.number(),
        difference: z.number(),
        low: z.number().nullable(),
        high: z.number().nullable(),
        sentence: z.string(),
      }),
    ),
  })
  .nullable();
