import type { Deps } from "../../deps.ts";
import type { Model, ModelVersion } from "../../generated/prisma/client.ts";

export type VersionWithModel = ModelVersion & { readonly model: Model };

interface VersionRef {
  readonly namespace: string;
  readonly name: string;
  /** A number, an alias, or null for the newest version that is ready. */
  readonly selector: number | string | null;
}

/** Reads namespace/name, namespace/name@3 or namespace/name@alias; null when it is none of them. */
export function parseRef(ref: string): VersionRef | null {
  const match = /^([a-z0-9._-]{1,64})\/([a-z0-9._-]{1,96})(?:@([a-z0-9-]{1,63}))?$/.exec(ref);
  if (!match?.[1] || !match[2]) return null;
  const selector = match[3];
  if (selector === undefined || selector === "latest") return { namespace: match[1], name: match[2], selector: null };
  if (!/^\d+$/.test(selector)) return { namespace: match[1], name: match[2], selector };
  const number = Number(selector);
  return number >= 1 && number < 2 ** 31 ? { namespace: match[1], name: match[2], selector: number } : null;
}

export function formatRef(version: { readonly number: number; readonly model: Pick<Model, "namespace" | "name"> }): string {
  return `${version.model.namespace}/${version.model.name}@${version.number}`;
}

/** The version a ref names, in any state; null when there is none. */
export async function findByRef(deps: Deps, ref: string): Promise<VersionWithModel | null> {
  const parsed = parseRef(ref);
  if (!parsed) return null;
  const { namespace, name, selector } = parsed;
  const model = { namespace, name };
  if (selector === null)
    return deps.db.modelVersion.findFirst({
      where: { model, state: "READY" },
      orderBy: { number: "desc" },
      include: { model: true },
    });
  if (typeof selector === "number")
    return deps.db.modelVersion.findFirst({ where: { model, number: selector }, include: { model: true } });
  return deps.db.modelVersion.findFirst({
    where: { model, aliases: { some: { name: selector } } },
    include: { model: true },
  });
}
