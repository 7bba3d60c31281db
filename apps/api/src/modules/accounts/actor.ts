export type Scope = "read" | "write";

/** Who asks: an account by one of its keys. */
export interface Actor {
  readonly accountId: string;
  readonly name: string;
  readonly apiKeyId: string;
  readonly scopes: readonly string[];
}

/** The caller is known but may not do this. */
export class ForbiddenError extends Error {
  override readonly name = "ForbiddenError";
}

export function authorise(actor: Actor, scope: Scope): void {
  if (!actor.scopes.includes(scope)) throw new ForbiddenError(`This token lacks the scope "${scope}". Use a token that has it.`);
}
