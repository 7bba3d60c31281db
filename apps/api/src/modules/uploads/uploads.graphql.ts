import { builder } from "../../graphql/builder.ts";
import { mutation } from "../../graphql/mutation.ts";
import { beginUpload, loadUpload, type UploadView } from "./begin-upload.ts";

const UploadRef = builder.objectRef<UploadView>("Upload");

builder.node(UploadRef, {
  id: { resolve: ({ id }) => id },
  isTypeOf: (value) => typeof value === "object" && value !== null && "receivedParts" in value,
  loadOne: (id, { deps, actor }) => loadUpload(deps, actor, id),
  fields: (t) => ({
    sha256: t.exposeString("sha256"),
    sizeBytes: t.expose("sizeBytes", { type: "BigInt" }),
    partSizeBytes: t.exposeInt("partSizeBytes"),
    partCount: t.exposeInt("partCount"),
    receivedParts: t.intList({ resolve: ({ receivedParts }) => [...receivedParts] }),
    complete: t.exposeBoolean("complete", { description: "True when nothing needs to be sent" }),
  }),
});

const BeginUploadInput = builder.inputType("BeginUploadInput", {
  fields: (t) => ({ sha256: t.string({ required: true }), sizeBytes: t.field({ type: "BigInt", required: true }) }),
});

const BeginUploadSuccess = builder.objectRef<{ upload: UploadView }>("BeginUploadSuccess").implement({
  fields: (t) => ({ upload: t.field({ type: UploadRef, resolve: ({ upload }) => upload }) }),
});

mutation("beginUpload", {
  description: "Opens an upload, or says that the store already has these bytes.",
  input: BeginUploadInput,
  success: BeginUploadSuccess,
  subject: ({ sha256 }) => sha256,
  resolve: async (deps, actor, input) => ({ upload: await beginUpload(deps, actor, input) }),
});
