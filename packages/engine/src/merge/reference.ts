/** What the text of a model reference can mean; whether there is such a folder or version, its user finds out. */
export type ModelReference =
  | { readonly kind: "path"; readonly path: string; readonly hub: HubName | null }
  | {
      readonly kind: "registry";
      readonly namespace: string;
      readonly name: string;
      /** A number, an alias, or null for the newest version */
      readonly selector: number | string | null;
      readonly hub: HubName;
    }
  | { readonly kind: "hub-url"; readonly refusal: string }
  | { readonly kind: "uri"; readonly refusal: string };

/** What Hugging Face would understand by the same text. */
export interface HubName {
  readonly repository: string;
  readonly revision: string | null;
}

const registry = /^([a-z0-9._-]{1,64})\/([a-z0-9._-]{1,96})(?:@([a-z0-9-]{1,63}))?$/;
const hub = /^([\w.-]{1,96}\/[\w.-]{1,96})(?:@([^\s@]{1,255}))?$/;
const scheme = /^([a-z][a-z0-9+.-]+):(?:\/\/|.*\/)/i;
const remoteSchemes = ["s3", "gs", "gcs", "az", "hf", "http", "https", "file", "ftp", "git", "ssh", "data", "oci"];
const hubHosts = /^(?:https?:\/\/)?(?:www\.)?(?:huggingface\.co|hf\.co)\/(?:models\/)?([^?#]*)/i;

const quoted = (text: string): string => JSON.stringify(text.slice(0, 300));

/** Sorts the text of a reference: folder, registered version, or something that is refused with the reason. */
export function classifyReference(text: string): ModelReference {
  const onHub = hubHosts.exec(text)?.[1] ?? /^hf:(?:\/\/)?(.*)/i.exec(text)?.[1];
  if (onHub !== undefined) return { kind: "hub-url", refusal: `${quoted(text)} is on Hugging Face; ${downloadFirst(onHub)}` };
  const protocol = scheme.exec(text)?.[1]?.toLowerCase() ?? /^(s3|gs|hf|file|data):/i.exec(text)?.[1]?.toLowerCase();
  if (protocol !== undefined && (text.includes("://") || remoteSchemes.includes(protocol))) {
    const advice =
      protocol === "file" ? "write the path of the folder without file://." : "download it and give the path of the folder.";
    return { kind: "uri", refusal: `${quoted(text)} is an address, and models are not fetched from one; ${advice}` };
  }
  const named = hub.exec(text);
  const hubName = named?.[1] === undefined ? null : { repository: named[1], revision: named[2] ?? null };
  const [, namespace, name, selector] = registry.exec(text) ?? [];
  const isRelative = namespace === "." || namespace === "..";
  if (namespace === undefined || name === undefined || hubName === null || isRelative)
    return { kind: "path", path: text, hub: isRelative ? null : hubName };
  const number = selector !== undefined && /^\d+$/.test(selector) ? Number(selector) : null;
  return {
    kind: "registry",
    namespace,
    name,
    selector: number ?? (selector === "latest" ? null : (selector ?? null)),
    hub: hubName,
  };
}

/** Why a reference that names neither a folder nor a version is refused; null when Hugging Face would not know it either. */
export function hubRefusal(text: string): string | null {
  const reference = classifyReference(text);
  if (reference.kind === "hub-url" || reference.kind === "uri") return reference.refusal;
  if (reference.hub === null) return null;
  return `${quoted(text)} is neither a folder here nor a registered version; if it is meant to be on Hugging Face, ${downloadFirst(reference.hub.repository)}`;
}

const downloadFirst = (repository: string): string => {
  const name = repository.split("/").slice(0, 2).join("/").replace(/@.*/, "");
  return `models are not fetched from there: download ${name === "" ? "it" : name}, and give the path of the folder or upload it to the registry.`;
};

/** A model with the adapter that is baked into it, as in folder+adapter. */
export interface AdaptedModel {
  readonly model: string;
  readonly adapter?: string;
}

/** Reads folder+adapter; null when there is more than one + or nothing beside it. */
export function splitAdapter(text: string): AdaptedModel | null {
  const [model = "", adapter, ...more] = text.split("+").map((part) => part.trim());
  if (more.length > 0 || model === "" || adapter === "") return null;
  return adapter === undefined ? { model } : { model, adapter };
}

/** Two entries with the same key are the same parent. */
export const keyOf = ({ model, adapter }: AdaptedModel): string => (adapter === undefined ? model : `${model}+${adapter}`);
