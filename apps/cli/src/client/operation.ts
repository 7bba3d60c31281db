import { z } from "zod";

/** A GraphQL document with what goes in and, as a schema that also runs, what comes out. */
export interface Operation<Variables, Result> {
  readonly document: string;
  readonly result: z.ZodType<Result>;
  /** Only a type; never set. */
  readonly variables?: Variables;
}

export const operation =
  <Variables>() =>
  <Result>(document: string, result: z.ZodType<Result>): Operation<Variables, Result> => ({ document, result });

/** 64-bit sizes travel as text; every size we meet is below 2^53. */
export const bigInt = z.coerce.number();

export const fault = z.object({ code: z.string(), message: z.string(), path: z.array(z.string()) });

export const refused = z.object({ __typename: z.literal("RefusedError"), message: z.string(), faults: z.array(fault) });

export const faultFields = "code message path";
export const refusedFields = `... on RefusedError { message faults { ${faultFields} } }`;
