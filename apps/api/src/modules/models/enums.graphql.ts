import { VersionKind, VersionState } from "../../generated/prisma/client.ts";
import { builder } from "../../graphql/builder.ts";

export const VersionKindEnum = builder.enumType("VersionKind", { values: Object.values(VersionKind) });
export const VersionStateEnum = builder.enumType("VersionState", { values: Object.values(VersionState) });
