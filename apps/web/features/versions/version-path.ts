/** Addresses of models and versions; names are encoded, since a URL is typed by people. */
export function modelPath(model: { namespace: string; name: string }): string {
  return `/models/${encodeURIComponent(model.namespace)}/${encodeURIComponent(model.name)}`;
}

export function versionPath(version: { number: number; model: { namespace: string; name: string } }, tab = ""): string {
  return `${modelPath(version.model)}/${version.number}${tab ? `/${tab}` : ""}`;
}

export function runPath(id: string): string {
  return `/runs/${encodeURIComponent(id)}`;
}

/** "ns/name@3" into its parts. */
export function parseRef(ref: string): { namespace: string; name: string; version: string } | null {
  const found = /^([^/@\s]+)\/([^/@\s]+)(?:@([^/@\s]+))?$/.exec(ref);
  if (!found?.[1] || !found[2]) return null;
  return { namespace: found[1], name: found[2], version: found[3] ?? "latest" };
}

export function refPath(ref: string): string | null {
  const parts = parseRef(ref);
  if (!parts) return null;
  const version = /^\d+$/.test(parts.version) ? parts.version : `@${parts.version}`;
  return `${modelPath(parts)}/${encodeURIComponent(version)}`;
}

/** The ref behind /models/[ns]/[name]/[version]: a number or @alias. */
export function refOf(params: { ns: string; name: string; version: string }): string {
  const version = decodeURIComponent(params.version).replace(/^@/, "");
  return `${decodeURIComponent(params.ns)}/${decodeURIComponent(params.name)}@${version}`;
}
