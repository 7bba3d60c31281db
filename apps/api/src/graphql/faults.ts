import { type Fault, RefusedError } from "@amalgam/engine/merge";
import { builder } from "./builder.ts";

export const FaultRef = builder.objectRef<Fault>("Fault").implement({
  description: 'A fault the caller can fix. `path` locates it in the input, e.g. ["recipe","parents","1","weight"].',
  fields: (t) => ({
    code: t.exposeString("code"),
    message: t.exposeString("message"),
    path: t.stringList({ resolve: ({ path }) => [...path] }),
  }),
});

builder.objectType(RefusedError, {
  name: "RefusedError",
  description: "The input was refused; nothing was changed.",
  fields: (t) => ({
    message: t.exposeString("message"),
    faults: t.field({ type: [FaultRef], resolve: ({ faults }) => [...faults] }),
  }),
});
