import SchemaBuilder from "@pothos/core";
import ComplexityPlugin from "@pothos/plugin-complexity";
import ErrorsPlugin from "@pothos/plugin-errors";
import PrismaPlugin from "@pothos/plugin-prisma";
import RelayPlugin from "@pothos/plugin-relay";
import ScopeAuthPlugin from "@pothos/plugin-scope-auth";
import ValidationPlugin from "@pothos/plugin-validation";
import { z } from "zod";
import type PrismaTypes from "../generated/pothos.ts";
import { getDatamodel } from "../generated/pothos.ts";
import { ForbiddenError } from "../modules/accounts/actor.ts";
import type { Context } from "./context.ts";
import { decodeGlobalId, encodeGlobalId } from "./global-id.ts";
import { costLimit, defaultPage, fieldCost } from "./limits.ts";

const pageSize = z
  .number()
  .int()
  .min(1, "Ask for at least 1 entry.")
  .max(100, "Ask for at most 100 entries at once; use `after` for more.")
  .nullish();

export const builder = new SchemaBuilder<{
  Context: Context;
  PrismaTypes: PrismaTypes;
  AuthScopes: { read: boolean; write: boolean };
  DefaultFieldNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: false;
  Connection: { totalCount: number | (() => number | Promise<number>) };
  Scalars: {
    DateTime: { Input: Date; Output: Date };
    BigInt: { Input: bigint; Output: bigint | number };
    JSON: { Input: unknown; Output: unknown };
    ID: { Input: string; Output: string | number };
  };
}>({
  plugins: [ErrorsPlugin, ScopeAuthPlugin, RelayPlugin, PrismaPlugin, ValidationPlugin, ComplexityPlugin],
  defaultFieldNullability: false,
  scopeAuth: {
    authScopes: ({ actor }) => ({ read: actor.scopes.includes("read"), write: actor.scopes.includes("write") }),
    unauthorizedError: (_parent, _context, _info, result) => new ForbiddenError(result.message),
  },
  errors: { defaultTypes: [], directResult: true },
  relay: {
    cursorType: "String",
    encodeGlobalID: encodeGlobalId,
    decodeGlobalID: decodeGlobalId,
    nodesQueryOptions: false,
    nodeQueryOptions: {
      // What is not there is null, not a fault.
      resolve: async (_root, { id }, _context, _info, resolveNode) => {
        try {
          return await resolveNode(id);
        } catch (error) {
          if ((error as { code?: string }).code === "P2025") return null;
          throw error;
        }
      },
    },
    edgesFieldOptions: { nullable: { list: false, items: false } },
    nodeFieldOptions: { nullable: false },
    firstArgOptions: { validate: pageSize },
    lastArgOptions: { validate: pageSize },
  },
  prisma: {
    client: ({ deps }) => deps.db,
    dmmf: getDatamodel(),
    maxConnectionSize: 100,
    defaultConnectionSize: defaultPage,
    onUnusedQuery: null,
  },
  complexity: { fieldComplexity: fieldCost, limit: costLimit },
});

builder.queryType({ authScopes: { read: true } });
builder.mutationType({ authScopes: { write: true } });
builder.subscriptionType({ authScopes: { read: true } });
