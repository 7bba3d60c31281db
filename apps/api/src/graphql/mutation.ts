import { RefusedError } from "@amalgam/engine/merge";
import type { InputObjectRef, ObjectRef } from "@pothos/core";
import type { Deps } from "../deps.ts";
import type { Actor } from "../modules/accounts/actor.ts";
import { recordAuditEvent } from "../modules/accounts/record-audit-event.ts";
import { builder } from "./builder.ts";

type Types = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer T> ? T : never;

interface MutationOptions<Input, Success> {
  readonly description?: string;
  readonly input: InputObjectRef<Types, Input>;
  readonly success: ObjectRef<Types, Success>;
  readonly resolve: (deps: Deps, actor: Actor, input: Input) => Promise<Success>;
  /** What the change was about, for the audit trail. */
  readonly subject: (input: Input) => string;
}

/** A mutation of one input object that answers `<Name>Success | RefusedError` and leaves an audit event either way. */
export function mutation<Input, Success>(name: string, options: MutationOptions<Input, Success>): void {
  const typename = name.charAt(0).toUpperCase() + name.slice(1);
  builder.mutationField(name, (t) =>
    t.field({
      ...(options.description && { description: options.description }),
      type: options.success,
      args: { input: t.arg({ type: options.input, required: true }) },
      errors: { types: [RefusedError], union: { name: `${typename}Result` }, directResult: true },
      // Pothos cannot follow generics through its field options; MutationOptions ties input and result together instead.
      resolve: ((_root: unknown, { input }: { input: Input }, { deps, actor }: { deps: Deps; actor: Actor }) =>
        audited(deps, actor, { name, input, options })) as never,
    }),
  );
}

async function audited<Input, Success>(
  deps: Deps,
  actor: Actor,
  { name, input, options }: { name: string; input: Input; options: MutationOptions<Input, Success> },
): Promise<Success> {
  const about = { action: name, subject: options.subject(input).replaceAll("\u0000", "").slice(0, 500) };
  try {
    const success = await options.resolve(deps, actor, input);
    await recordAuditEvent(deps, actor, { ...about, outcome: "DONE" });
    return success;
  } catch (error) {
    const isRefused = error instanceof RefusedError;
    const faults = isRefused ? error.faults.slice(0, 20).map(({ code }) => code) : [];
    await recordAuditEvent(deps, actor, { ...about, outcome: isRefused ? "REFUSED" : "ERROR", detail: { faults } });
    throw error;
  }
}
