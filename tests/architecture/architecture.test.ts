import { describe, expect, test } from "vitest";
import { type Import, importsOf, isTest, sourceFiles, textOf } from "./imports.ts";

// The picture these tests enforce is design.md §2. Tests may look anywhere; what is shipped may not.
const files = sourceFiles().filter((file) => !isTest(file));
const imports = files.flatMap(importsOf);
const inside =
  (...folders: string[]) =>
  (file: string) =>
    folders.some((folder) => file === folder || file.startsWith(`${folder}/`));

/** Every import from `part` must satisfy `allowed`; the rest is listed by file, so a failure says what to change. */
function strays(part: (file: string) => boolean, allowed: (to: string) => boolean): string[] {
  const wrong = imports.filter(({ from, to }) => part(from) && isOurs(to) && !(part(to) || allowed(to)));
  return wrong.map(({ from, to }) => `${from} imports ${to}`);
}

const isOurs = (to: string) =>
  to.startsWith("@amalgam/") || inside("apps", "packages", "infra", "examples", "scripts", "prisma", "tests")(to);
const isPackage = (...names: string[]) => inside(...names.map((name) => `@amalgam/${name}`));
const nothing = () => false;

test("the reader of imports sees them: there are hundreds", () => {
  expect(imports.length).toBeGreaterThan(300);
  const sample: Import[] = importsOf("apps/api/src/platform/open-store.ts");
  expect(sample.map(({ to }) => to)).toContain("apps/api/src/platform/s3-store.ts");
});

describe("between packages", () => {
  test.each([
    ["packages/tfjs-backend-ort", nothing],
    ["packages/engine", isPackage("tfjs-backend-ort")],
    ["apps/api", isPackage("engine")],
    ["apps/web", nothing],
    ["apps/cli", isPackage("engine", "local")],
    ["infra/local", nothing],
    ["examples", isPackage("engine")],
  ] as const)("%s reaches only what the picture allows", (folder, allowed) => {
    expect(strays(inside(folder), allowed)).toEqual([]);
  });

  test("a package is entered by its doors", () => {
    const burglars = imports.filter(({ to }) => /^@amalgam\/[\w-]+\/(src|dist)\b/.test(to) || /(^|\/)node_modules\//.test(to));
    expect(burglars).toEqual([]);
  });
});

describe("inside the API: entries, then graphql, then modules, then platform, never back", () => {
  const source = "apps/api/src";
  // The one place where a request becomes an actor is HTTP by nature.
  const isHttp = (file: string) => file.endsWith(".routes.ts") || file === `${source}/modules/accounts/require-actor.ts`;
  const isGraphqlFile = (file: string) => inside(`${source}/graphql`)(file) || file.endsWith(".graphql.ts");
  const isUseCase = (file: string) => inside(`${source}/modules`)(file) && !file.endsWith(".graphql.ts") && !isHttp(file);
  const shared = inside(`${source}/deps.ts`, `${source}/generated`, `${source}/platform`);

  test("the platform knows no domain", () => {
    expect(strays(inside(`${source}/platform`), inside(`${source}/env.ts`))).toEqual([]);
  });

  test("a use case knows neither GraphQL nor the server", () => {
    expect(strays(isUseCase, (to) => shared(to) || isPackage("engine")(to))).toEqual([]);
    const libraries = imports.filter(
      ({ from, to }) => isUseCase(from) && /^(express|graphql|@apollo|@pothos|@tensorflow)\b/.test(to),
    );
    expect(libraries).toEqual([]);
  });

  test("GraphQL knows modules, not the server", () => {
    expect(strays(isGraphqlFile, (to) => shared(to) || inside(`${source}/modules`)(to) || isPackage("engine")(to))).toEqual([]);
  });

  test.each([
    ["models", ["statistics", "merges", "evaluations", "lineage", "studies"]],
    ["statistics", ["merges", "evaluations", "lineage", "studies"]],
    ["merges", ["evaluations", "lineage", "studies"]],
    ["runs", ["models", "statistics", "merges", "evaluations", "lineage", "studies"]],
    ["uploads", ["models", "statistics", "merges", "runs", "evaluations", "lineage", "studies"]],
    ["accounts", ["models", "statistics", "merges", "runs", "uploads", "evaluations", "lineage", "studies"]],
  ])("the use cases of %s know nothing of what is built on them", (name, above) => {
    const part = (file: string) => isUseCase(file) && inside(`${source}/modules/${name}`)(file);
    const isAbove = inside(...above.map((one) => `${source}/modules/${one}`));
    expect(strays(part, (to) => !isAbove(to))).toEqual([]);
  });

  test("only env.ts reads the environment, and programs that run as a process of their own", () => {
    const readers = files.filter(
      (file) => inside(source)(file) && !/\/env\.ts$|-child\.ts$/.test(file) && /process\.env\b/.test(textOf(file)),
    );
    expect(readers).toEqual([]);
  });
});

describe("inside the engine", () => {
  const source = "packages/engine/src";
  const part = (...names: string[]) => inside(...names.map((name) => `${source}/${name}`));

  test.each([
    ["tensor", nothing],
    ["linalg", nothing],
    ["formats", part("tensor")],
    ["expr", part("tensor")],
    // What a statistic's file says of itself belongs to neither alone.
    [
      "merge",
      part("expr", "tensor", "formats", "linalg", "statistics/artefact/parse-about.ts", "statistics/artefact/statistic-about.ts"),
    ],
    ["tune", part("tensor", "linalg")],
    ["merge-by-statistics", part("linalg")],
    ["laboratory", part("merge-by-statistics", "statistics", "runtime", "evaluate")],
    ["statistics", part("runtime", "evaluate", "formats", "tensor", "merge/canonical-json.ts")],
    ["runtime", (to: string) => part("tensor", "formats")(to) || isPackage("tfjs-backend-ort")(to)],
    ["evaluate", part("runtime", "tensor", "formats")],
  ] as const)("%s reaches only what the picture allows", (name, allowed) => {
    expect(strays(part(name), allowed)).toEqual([]);
  });

  test("a method knows expressions, not files or threads", () => {
    const methods = part("merge/methods");
    const far = imports.filter(
      ({ from, to }) => methods(from) && (part("merge/run", "formats", "runtime")(to) || to.startsWith("node:")),
    );
    expect(far).toEqual([]);
  });

  test("TensorFlow.js comes in by runtime alone", () => {
    const others = imports.filter(
      ({ from, to }) => inside(source)(from) && !part("runtime")(from) && to.startsWith("@tensorflow/"),
    );
    expect(others).toEqual([]);
  });

  test("files are opened by the parts that move bytes", () => {
    const movers = part(
      "formats/file-source.ts",
      "merge/adapters/open-adapter.ts",
      "merge/adapters/write-adapter.ts",
      "merge/checkpoint.ts",
      "merge/open-model.ts",
      "merge/run",
      "merge/tokenizer/read-tokenizer-files.ts",
      "runtime",
      "evaluate/json-lines.ts",
      "laboratory/save-trunk.ts",
      "evaluate/peak-memory.ts",
    );
    const others = imports.filter(({ from, to }) => inside(source)(from) && !movers(from) && /^node:(fs|fs\/promises)$/.test(to));
    expect(others).toEqual([]);
  });

  test("the same input gives the same output: no clock, no chance", () => {
    // Whether the process that left unfinished work behind is still alive is a question of time; no byte of a result is.
    const timed = part("merge/run/journal-owner.ts", "merge/run/partial-folder.ts");
    const chance = files.filter(
      (file) => inside(source)(file) && !timed(file) && /Math\.random|Date\.now|new Date\(\)/.test(textOf(file)),
    );
    expect(chance).toEqual([]);
  });
});
