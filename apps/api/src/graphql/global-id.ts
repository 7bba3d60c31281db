import { refuse } from "../modules/refuse.ts";

/** Types whose objects have an id that `node` takes. */
const nodeTypes = new Set([
  "Model",
  "ModelVersion",
  "TensorInfo",
  "LineageEdge",
  "Run",
  "Task",
  "Suite",
  "Evaluation",
  "Dataset",
  "DatasetVersion",
  "Upload",
  "Study",
  "Trial",
  "Statistic",
]);

export function encodeGlobalId(typename: string, id: string | number | bigint): string {
  return Buffer.from(`${typename}:${id}`).toString("base64url");
}

/** Refuses everything that we did not make ourselves, so that junk never reaches the database. */
export function decodeGlobalId(globalId: string): { typename: string; id: string } {
  const match = /^([A-Za-z]{1,40}):([0-9a-f-]{36}|[0-9a-f]{64})$/.exec(Buffer.from(globalId, "base64url").toString("latin1"));
  const [, typename = "", id = ""] = match ?? [];
  if (!nodeTypes.has(typename) || encodeGlobalId(typename, id) !== globalId.replace(/=+$/, ""))
    refuse("BAD_ID", `${JSON.stringify(globalId.slice(0, 100))} is not an id of this registry.`, ["id"]);
  return { typename, id };
}

/** The row's id out of a global id that must be of this type. */
export function decodeIdOf(typename: string, globalId: string, path: readonly string[] = ["id"]): string {
  const decoded = decodeGlobalId(globalId);
  if (decoded.typename !== typename) refuse("BAD_ID", `This is the id of a ${decoded.typename}, not of a ${typename}.`, path);
  return decoded.id;
}
