import type { MergeMethod } from "../define-method.ts";
import { linear } from "./linear.ts";
import { slerp } from "./slerp.ts";
import { taskArithmetic } from "./task-arithmetic.ts";
import { taskVector } from "./task-vector.ts";

/** Every merge method. GraphQL, forms, documentation and law tests derive from this list. */
export const methods: readonly MergeMethod[] = [linear, taskArithmetic, slerp, taskVector];
