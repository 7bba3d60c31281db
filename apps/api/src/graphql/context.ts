import type { Deps } from "../deps.ts";
import type { Actor } from "../modules/accounts/actor.ts";

/** What every resolver is given. There is no anonymous context: such requests end before execution. */
export interface Context {
  readonly deps: Deps;
  readonly actor: Actor;
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal;
}
