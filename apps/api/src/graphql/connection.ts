import type { ObjectRef } from "@pothos/core";
import { builder } from "./builder.ts";

type Types = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer T> ? T : never;

/** The one connection type of a type, `<Name>Connection`, wherever lists of it occur. */
export function connectionOf<Shape>(type: ObjectRef<Types, Shape>, name: string) {
  return builder.connectionObject({
    type,
    name: `${name}Connection`,
    fields: (t) => ({
      totalCount: t.int({
        // Lets the Prisma plug-in leave out the rows when only the count is asked for.
        extensions: { pothosPrismaTotalCount: true },
        resolve: ({ totalCount }) => (typeof totalCount === "function" ? totalCount() : totalCount),
      }),
    }),
  });
}
