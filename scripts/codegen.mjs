// Writes apps/web/gql from apps/api/schema.graphql and the documents of the web app: the client preset without
// @graphql-codegen/cli, whose loaders need Node 22 and bring 220 packages.
import fs from "node:fs";
import path from "node:path";
import { preset } from "@graphql-codegen/client-preset";
import { codegen } from "@graphql-codegen/core";
import { buildSchema, parse } from "graphql";

const web = path.resolve(import.meta.dirname, "../apps/web");
const schemaText = fs.readFileSync(path.resolve(web, "../api/schema.graphql"), "utf8");
const documentTag = /\bgraphql\(\s*(?:\/\* GraphQL \*\/\s*)?`([^`]*)`/g;

const config = {
  documentMode: "string",
  useTypeImports: true,
  enumsAsTypes: true,
  scalars: { DateTime: "string", BigInt: "string", JSON: "unknown" },
};

function documentsIn(folder) {
  const absolute = path.join(web, folder);
  if (!fs.existsSync(absolute)) return [];
  const files = fs.readdirSync(absolute, { recursive: true, encoding: "utf8" }).filter((file) => /\.tsx?$/.test(file));
  return files.sort().flatMap((file) => {
    const location = path.join(folder, file);
    const source = fs.readFileSync(path.join(web, location), "utf8");
    return [...source.matchAll(documentTag)].map((match) => ({ location, rawSDL: match[1], document: parse(match[1]) }));
  });
}

/** A watcher must never see half a file. */
function writeWhole(file, text) {
  if (fs.existsSync(file) && fs.readFileSync(file, "utf8") === text) return;
  fs.writeFileSync(`${file}.tmp`, text);
  fs.renameSync(`${file}.tmp`, file);
}

const outputs = await preset.buildGeneratesSection({
  baseOutputDir: `${path.join(web, "gql")}/`,
  schema: parse(schemaText),
  schemaAst: buildSchema(schemaText),
  documents: ["app", "components", "features", "lib"].flatMap(documentsIn),
  config,
  presetConfig: { fragmentMasking: false },
  plugins: [],
  pluginMap: {},
  pluginContext: {},
  profiler: { run: (fn) => fn(), collect: () => [] },
  documentMode: undefined,
});

fs.mkdirSync(path.join(web, "gql"), { recursive: true });
for (const output of outputs) writeWhole(output.filename, await codegen(output));
console.log(`gql: ${outputs.length} files`);
