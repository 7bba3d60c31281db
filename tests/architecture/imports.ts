import fs from "node:fs";
import path from "node:path";

export const root = path.resolve(import.meta.dirname, "../..");

/** One import statement. Files are named by their path in the repository; packages by their specifier. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

const folders = ["apps", "packages", "infra", "examples", "scripts"];
const skipped = new Set(["node_modules", "dist", ".next", ".work", "fixtures", "generated", "gql"]);
const statement =
  /^\s*(?:import|export)\s[^'"`;]*?from\s*["']([^"']+)["']|^\s*import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/gm;

/** Every source file of ours, tests included. */
export function sourceFiles(): string[] {
  return folders.flatMap((folder) => walk(path.join(root, folder))).map((file) => path.relative(root, file));
}

function walk(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : walk(file);
    return /\.(ts|tsx|mjs|js)$/.test(entry.name) && !entry.name.endsWith(".d.ts") ? [file] : [];
  });
}

export const textOf = (file: string): string => fs.readFileSync(path.join(root, file), "utf8");

export const isTest = (file: string): boolean => /\.test\.tsx?$|\/test\/|\/bench\//.test(file);

export function importsOf(file: string): Import[] {
  return [...textOf(file).matchAll(statement)].map(([, from, bare, dynamic]) => ({
    from: file,
    to: resolve(file, from ?? bare ?? dynamic ?? ""),
  }));
}

function resolve(file: string, specifier: string): string {
  if (specifier.startsWith(".")) return path.normalize(path.join(path.dirname(file), specifier));
  if (specifier.startsWith("@/")) return path.join("apps/web", specifier.slice(2)); // the web's own alias
  return specifier;
}
