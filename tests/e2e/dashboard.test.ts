import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { amalgam } from "./support/amalgam.ts";
import { accessibilityFaults, desktop, hasBrowser, openBrowser, phone, sidewaysScroll, signedIn } from "./support/browser.ts";
import { writeCheckpoint } from "./support/checkpoints.ts";
import { ask } from "./support/graphql.ts";
import { pidsOf, root, type TestStack, temporaryFolder, testStack } from "./support/stack.ts";

const folder = temporaryFolder("dashboard");
const dataDir = path.join(folder, "data");

interface Score {
  readonly value: number;
  readonly n: number;
  readonly low: number;
  readonly high: number;
}
interface Row {
  readonly version: string;
  readonly kind: string;
  readonly method: string | null;
  readonly scores: Readonly<Record<string, Score>>;
  readonly mean: number;
}

/** `npm run demo -- --exit --json FILE`, on a data folder of the test's own. */
function demo(file: string): Promise<{ rows: Row[]; printed: string }> {
  const args = ["scripts/demo.mjs", "--exit", "--json", file, "--port", "0", "--data-dir", dataDir];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: root, env: { ...process.env, NO_COLOR: "1" } }, (error, stdout, stderr) => {
      if (error) reject(new Error(`the demo failed: ${stderr}\n${stdout}`));
      else resolve({ ...(JSON.parse(fs.readFileSync(file, "utf8")) as { rows: Row[] }), printed: stdout });
    });
  });
}

const tasks = ["spam", "supersense", "pos", "genre", "language", "era"];
let rows: Row[] = [];
const rowOf = (name: string) => {
  const row = rows.find(({ version }) => version === `six-tasks/${name}@1`);
  if (!row) throw new Error(`${name} is not on the leaderboard: ${rows.map(({ version }) => version).join(", ")}`);
  return row;
};

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

describe("the demo", () => {
  test("registers, merges, evaluates and prints a leaderboard with intervals", { timeout: 600_000 }, async () => {
    const { rows: measured, printed } = await demo(path.join(folder, "first.json"));
    rows = measured;
    expect(rows.filter(({ kind }) => kind === "MERGED").map(({ method }) => method)).toEqual(
      expect.arrayContaining(["linear", "task_arithmetic", "slerp"]),
    );
    for (const row of rows)
      for (const [task, { value, n, low, high }] of Object.entries(row.scores)) {
        expect(n, `${row.version} on ${task}`).toBeGreaterThan(500);
        expect(low).toBeLessThan(value);
        expect(high).toBeGreaterThan(value);
      }
    expect(printed).toContain("six-tasks/average@1");
    expect(printed).toMatch(/after install and build/);
  });

  test("shows experts of which four or more clearly beat the base, and an average that keeps part of it", () => {
    const base = rowOf("base");
    const clearly = tasks.filter((task) => (rowOf(task).scores[task]?.low ?? 0) > (base.scores[task]?.value ?? 1));
    expect(clearly.length).toBeGreaterThanOrEqual(4);
    expect(rowOf("average").mean).toBeGreaterThan(base.mean + 0.01);
  });

  test("reuses everything when it runs again", async () => {
    const { rows: again } = await demo(path.join(folder, "second.json"));
    expect(again).toEqual(rows);
  });
});

describe.skipIf(!hasBrowser)("the dashboard", () => {
  let stack: TestStack;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let errors: string[];

  beforeAll(async () => {
    browser = await openBrowser();
    stack = await testStack(dataDir);
    ({ page, context, errors } = await signedIn(browser, stack));
  });
  afterAll(async () => {
    await context?.close();
    await browser?.close();
    await stack?.stop();
  });

  test("opens by the sign-in link, and sends a stranger to the sign-in page", async () => {
    expect(new URL(page.url()).pathname).toBe("/");
    await page.getByRole("heading", { level: 1, name: "six-tasks" }).waitFor();

    const stranger = await browser.newContext();
    const other = await stranger.newPage();
    await other.goto(`${stack.url}/models`);
    expect(new URL(other.url()).pathname).toBe("/sign-in");
    await other.getByLabel("Access token").fill("amg_wrong");
    await other.getByRole("button", { name: "Continue" }).click();
    await other.getByRole("alert").first().waitFor();
    await other.getByLabel("Access token").fill(stack.token);
    await other.getByRole("button", { name: "Continue" }).click();
    await other.getByRole("heading", { level: 1, name: "Models" }).waitFor();
    await stranger.close();
  });

  test("requests a merge from the form, follows its run live and lands on a version with its lineage", async () => {
    await page.goto(`${stack.url}/merge`);
    for (const name of ["spam", "pos"]) {
      await page.getByRole("button", { name: "Add a parent" }).click();
      await page.getByRole("combobox", { name: "Add a parent" }).fill(`six-tasks/${name}`);
      await page
        .getByRole("option", { name: new RegExp(`${name} *v1`) })
        .first()
        .click();
    }
    const weight = page.getByLabel("Weight of pos, as a number");
    await weight.fill("0.5");
    await weight.press("Tab");
    await page.getByText(/tensors match/).waitFor();
    await page.getByRole("button", { name: "Request merge" }).click();

    await page.waitForURL(/\/runs\//);
    await page.getByRole("link", { name: "Open version" }).click({ timeout: 60_000 });
    await page.waitForURL(/\/models\/six-tasks\/task-arithmetic\/1/);
    await page.getByRole("link", { name: "Lineage" }).click();
    await page.locator(".react-flow__node").nth(3).waitFor();
    const graph = await page.locator(".react-flow").innerText();
    for (const name of ["base", "spam", "pos", "task-arithmetic"]) expect(graph).toContain(name);

    const { version } = await ask<{ version: { parents: { role: string; coefficient: number | null; parentDigest: string }[] } }>(
      stack,
      `{ version(ref: "six-tasks/task-arithmetic") { parents { role coefficient parentDigest } } }`,
    );
    const coefficients = version.parents.filter(({ role }) => role === "PARENT").map(({ coefficient }) => coefficient);
    expect(coefficients[0]).toBeCloseTo(0.3);
    expect(coefficients[1]).toBeCloseTo(0.15);
    for (const { parentDigest } of version.parents) expect(parentDigest).toMatch(/^[0-9a-f]{64}$/);
  });

  test("says on the form what is wrong, and does not let it be requested", async () => {
    const draft = new URLSearchParams({ method: "slerp", p: "six-tasks/spam@1" });
    await page.goto(`${stack.url}/merge?${draft}`);
    await page
      .getByText(/exactly two parents/)
      .first()
      .waitFor();
    expect(await page.getByRole("button", { name: /Request merge|Fix \d/ }).isDisabled()).toBe(true);
  });

  test("merges by a method found by name, with settings of each parent that run over the layers", async () => {
    const draft = new URLSearchParams([
      ["p", "six-tasks/spam@1"],
      ["p", "six-tasks/pos@1"],
      ["as", "six-tasks/crumbs"],
    ]);
    await page.goto(`${stack.url}/merge?${draft}`);
    await page.getByRole("button", { name: /^Method/ }).click();
    await page.getByRole("combobox", { name: "Choose a method" }).fill("breadcrumbs");
    await page.getByRole("option", { name: /Model Breadcrumbs/ }).click();
    await page.getByLabel("Density of spam").fill("1.5");
    await page.getByRole("button", { name: "parents › 1 › density" }).click();
    const density = page.getByLabel("Density of spam");
    expect(await density.evaluate((field) => field === document.activeElement)).toBe(true);
    expect(await density.getAttribute("aria-invalid")).toBe("true");
    await density.fill("mlp: 0.5, else 0.8");
    await page.getByLabel("Weight of pos, as a number").fill("0.2 → 1");
    await page.getByText(/tensors match/).waitFor();
    await page.getByRole("button", { name: "Request merge" }).click();

    await page.waitForURL(/\/runs\//);
    await page.getByRole("link", { name: "Open version" }).click({ timeout: 60_000 });
    await page.waitForURL(/\/models\/six-tasks\/crumbs\/1/);
    await page.getByRole("cell", { name: "varies" }).first().waitFor();
    await page.getByRole("link", { name: "Recipe", exact: true }).click();
    const words = page.getByRole("region", { name: "Recipe in words" });
    await words.getByText("0.2 → 1 over the layers").waitFor();
    await words.getByText("mlp: 0.5, else 0.8").waitFor();
    await page.getByText("weight: [0.2, 1]").waitFor();
    await page.getByRole("link", { name: "Open in the workbench" }).click();
    await page.getByText(/exists already/).waitFor();
  });

  test("moves parents of a method that goes by their order, and keeps the focus on the one that moved", async () => {
    const draft = new URLSearchParams({ method: "ema" });
    for (const name of ["spam", "pos", "era"]) draft.append("p", `six-tasks/${name}@1`);
    await page.goto(`${stack.url}/merge?${draft}`);
    await page.getByText(/the oldest first/).waitFor();
    await page.getByRole("button", { name: "Move era up" }).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    await page.waitForURL(/p=six-tasks\/era@1&p=six-tasks\/spam@1&p=six-tasks\/pos@1/);
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Move era down");
  });

  test("cancels a waiting run, and requests it again", async () => {
    const [worker] = pidsOf("worker.js");
    if (worker === undefined) throw new Error("no worker runs");
    process.kill(worker, "SIGSTOP");
    try {
      const draft = new URLSearchParams([
        ["method", "linear"],
        ["p", "six-tasks/spam@1"],
        ["p", "six-tasks/era@1"],
        ["as", "six-tasks/stopped"],
      ]);
      await page.goto(`${stack.url}/merge?${draft}`);
      await page.getByRole("button", { name: "Request merge" }).click();
      await page.waitForURL(/\/runs\//);
      await page.getByRole("button", { name: /^Cancel/ }).click();
    } finally {
      process.kill(worker, "SIGCONT");
    }
    await page.getByRole("button", { name: /Retry|again/i }).click({ timeout: 60_000 });
    await page.getByRole("link", { name: "Open version" }).click({ timeout: 60_000 });
    await page.waitForURL(/\/models\/six-tasks\/stopped\/1/);
  });

  test("shows why a version was rejected, with the tensor at fault", async () => {
    const own = writeCheckpoint(path.join(folder, "spoiled"), 9, 1);
    const file = path.join(own, "model.safetensors");
    const fd = fs.openSync(file, "r+");
    fs.writeSync(fd, Buffer.from([0, 0, 0xc0, 0x7f]), 0, 4, fs.fstatSync(fd).size - 8);
    fs.closeSync(fd);
    expect(await amalgam(["push", own, "--as", "six-tasks/spoiled"], stack)).toMatchObject({ code: 1 });
    await page.goto(`${stack.url}/models/six-tasks/spoiled/1`);
    await page
      .getByText(/rejected/i)
      .first()
      .waitFor();
    await page
      .getByText(/bert\.pooler\.dense\.bias/)
      .first()
      .waitFor();
  });

  test("compares versions on the leaderboard, with the same numbers as the terminal", async () => {
    await page.goto(`${stack.url}/leaderboards/six-tasks/six-tasks`);
    await page.getByRole("table").first().waitFor();
    const text = await page.getByRole("main").innerText();
    for (const name of ["average", "arithmetic", "slerp", "base"]) expect(text).toContain(name);
    expect(text).toContain(rowOf("average").mean.toFixed(3).slice(1));
    expect(text).toMatch(/References/);
    expect(text).toMatch(/By expert's/);
  });

  test("filters and sorts the leaderboard by its address, and keeps beside what a merge is measured against", async () => {
    await page.goto(`${stack.url}/leaderboards/six-tasks/six-tasks`);
    await page.getByLabel("Filter by name or method").fill("arithmetic");
    await page.waitForURL(/q=arithmetic/);
    const table = page.getByRole("table", { name: /^Leaderboard/ });
    await table.getByText("Beside: parents and the plain average").waitFor();
    const shown = await table.innerText();
    for (const name of ["arithmetic", "average", "spam", "base"]) expect(shown).toContain(name);
    expect(shown).not.toContain("slerp");
    await table.getByRole("link", { name: "Spam", exact: true }).click();
    await page.waitForURL(/sort=task%3Aspam/);
    await table.locator('th[aria-sort="descending"]', { hasText: "Spam" }).waitFor();
    await page.getByRole("link", { name: "Clear filters" }).click();
    await page.waitForURL((url) => !url.searchParams.has("q"));
    await table.getByText("slerp").first().waitFor();
    expect(await page.getByLabel("Filter by name or method").inputValue()).toBe("");
  });

  test("exports the view as CSV and JSON", async () => {
    await page.goto(`${stack.url}/leaderboards/six-tasks/six-tasks?kind=merged`);
    const get = async (name: string) => {
      const address = await page.getByRole("link", { name, exact: true }).getAttribute("href");
      return (await page.request.get(stack.url + address)).text();
    };
    const json = JSON.parse(await get("JSON")) as {
      rows: { version: string; mean: number; isKept: boolean; reference: string | null }[];
    };
    const asked = json.rows.filter(({ isKept, reference }) => !isKept && reference === null).map(({ version }) => version);
    expect(asked.sort()).toEqual(["six-tasks/arithmetic@1", "six-tasks/average@1", "six-tasks/slerp@1"]);
    expect(json.rows.find(({ version }) => version === "six-tasks/average@1")?.mean).toBe(rowOf("average").mean);
    const lines = (await get("CSV")).trimEnd().split("\r\n");
    expect(lines).toHaveLength(json.rows.length + 1);
  });

  test("compares two versions on the same items, as the command line does", async () => {
    await page.goto(`${stack.url}/leaderboards/six-tasks/six-tasks`);
    await page
      .getByRole("link", { name: /^Compare base v1 with/ })
      .first()
      .click();
    await page.waitForURL(/\/compare\?/);
    await page.getByRole("table", { name: "Scores and differences by task" }).waitFor();
    await page.goto(`${stack.url}/compare?v=six-tasks/average@1&v=six-tasks/base@1&suite=six-tasks/six-tasks`);
    const told = await amalgam(["compare", "six-tasks/average", "six-tasks/base", "--json"], stack);
    const compared = JSON.parse(told.stdout) as { disagreements: number; mean: { value: number } };
    expect(compared.mean.value).toBeCloseTo(rowOf("average").mean - rowOf("base").mean, 9);
    const text = (await page.getByRole("main").innerText()).replaceAll("\u202f", "");
    expect(text).toContain(`${compared.disagreements} of`);
    await page.goto(`${stack.url}/compare?v=six-tasks/nobody@1&v=six-tasks/base@1&suite=six-tasks/six-tasks`);
    await page.getByText("These cannot be compared").waitFor();
  });

  test("ticks rows of the leaderboard and compares them, each against the first", async () => {
    await page.goto(`${stack.url}/leaderboards/six-tasks/six-tasks`);
    const table = page.getByRole("table", { name: /^Leaderboard/ });
    for (const name of ["average", "arithmetic", "slerp"]) await table.getByLabel(`Choose ${name} v1 to compare`).check();
    await page.getByText("3 chosen").waitFor();
    await page.getByRole("button", { name: "Compare", exact: true }).click();
    await page.waitForURL(/\/compare\?/);
    await page.getByRole("heading", { level: 1, name: "3 versions compared" }).waitFor();
    const refs = new URL(page.url()).searchParams.getAll("v");
    const told = await amalgam(["compare", ...refs, "--json"], stack);
    const { versions } = JSON.parse(told.stdout) as { versions: { version: string; overFirst: { value: number } | null }[] };
    expect(versions.map(({ version }) => version)).toEqual(refs);
    const text = (await page.getByRole("list", { name: "Verdict" }).innerText()).replaceAll("−", "-");
    for (const { overFirst } of versions.slice(1)) expect(text).toContain((100 * (overFirst?.value ?? Number.NaN)).toFixed(1));
  });

  test("judges a merge against its parents and their average, asked for from the form", { timeout: 300_000 }, async () => {
    const draft = new URLSearchParams([
      ["method", "task_arithmetic"],
      ["x.lambda", "0.6"],
      ["p", "six-tasks/spam@1"],
      ["p", "six-tasks/pos@1"],
      ["as", "six-tasks/judged"],
    ]);
    await page.goto(`${stack.url}/merge?${draft}`);
    await page.getByLabel(/^Then judge it on/).selectOption("six-tasks/six-tasks");
    await page.getByText(/tensors match/).waitFor();
    await page.getByRole("button", { name: "Request merge" }).click();
    await page.waitForURL(/\/runs\//);
    await page.getByRole("link", { name: "Open version" }).click({ timeout: 60_000 });
    const verdict = page.getByRole("table", { name: "The merge against its baselines" });
    await verdict.getByText(/task arithmetic at λ/).waitFor({ timeout: 240_000 });
    const told = await amalgam(["judge", "six-tasks/judged@1", "--suite", "six-tasks/six-tasks"], stack);
    const sentence = /[+−]\d+\.\d points ± \d+\.\d.* the average/.exec(told.stdout)?.[0] ?? "no verdict";
    await page.getByText(sentence).waitFor();
  });

  test("starts a study from the form, which says at the field what is wrong", { timeout: 300_000 }, async () => {
    const draft = new URLSearchParams([
      ["p", "six-tasks/spam@1"],
      ["p", "six-tasks/pos@1"],
      ["task", "six-tasks/spam"],
      ["budget", "3"],
      ["as", "six-tasks/formed"],
    ]);
    await page.goto(`${stack.url}/studies/new?${draft}`);
    await page.getByText("Tunes 1 number").waitFor();
    await page.getByLabel("From, lambda").fill("1.5");
    await page.getByLabel("To, lambda").fill("0.5");
    await page.getByRole("button", { name: "tune › 1 › low" }).click();
    const low = page.getByLabel("From, lambda");
    expect(await low.evaluate((field) => field === document.activeElement)).toBe(true);
    expect(await page.getByRole("button", { name: "Fix 1 error" }).first().getAttribute("aria-disabled")).toBe("true");
    await low.fill("0");
    await page.getByRole("button", { name: "YAML" }).click();
    await page.getByText("--tasks six-tasks/spam --tune lambda=0:0.5 --budget 3").waitFor();
    await page.getByText("Tunes 1 number").waitFor();
    await page.getByRole("button", { name: "Start study" }).first().click();
    await page.waitForURL(/\/studies\/(?!new)/);
    await page.getByText(/Ended after 3 of 3 trials/).waitFor({ timeout: 240_000 });
  });

  const paths = [
    "/",
    "/models",
    "/models/six-tasks",
    "/models/six-tasks/average",
    "/models/six-tasks/average/1",
    "/models/six-tasks/average/1/lineage",
    "/models/six-tasks/average/1/evaluations",
    "/models/six-tasks/average/1/recipe",
    "/models/six-tasks/average/1/tensors",
    "/models/six-tasks/average/1/files",
    "/merge?method=linear&p=six-tasks%2Fspam%401&p=six-tasks%2Fera%401",
    "/merge?method=della&base=six-tasks/base@1&p=six-tasks/spam@1~weight:[0,1]&p=six-tasks/era@1~0.5~density:2",
    "/models/six-tasks/crumbs/1",
    "/models/six-tasks/crumbs/1/recipe",
    "/studies",
    "/studies/nothing-here",
    "/studies/new?p=six-tasks/spam@1&p=six-tasks/pos@1",
    "/studies/new?p=six-tasks/spam@1&p=six-tasks/pos@1&t=beta=1:0&task=six-tasks/spam&budget=0",
    "/models/six-tasks/judged/1",
    "/runs",
    "/leaderboards",
    "/leaderboards/six-tasks/six-tasks",
    "/leaderboards/six-tasks/six-tasks?q=slerp&show=gain&sort=-normalised",
    "/leaderboards/six-tasks/six-tasks?q=nothing-like-it",
    "/compare",
    "/compare?v=six-tasks/average@1&v=six-tasks/slerp@1&suite=six-tasks/six-tasks",
    "/compare?v=six-tasks/average@1&v=six-tasks/slerp@1&v=six-tasks/base@1&v=six-tasks/arithmetic@1",
    "/models/six-tasks/nothing-here",
  ];

  test.each([
    ["light", desktop],
    ["dark", phone],
  ] as const)("is accessible and fits its screen, %s at %o", async (colorScheme, viewport) => {
    const own = await signedIn(browser, stack, { colorScheme, viewport });
    const faults: string[] = [];
    for (const each of paths) {
      await own.page.goto(stack.url + each);
      await own.page.getByRole("heading", { level: 1 }).first().waitFor();
      await own.page.waitForLoadState("networkidle");
      for (const fault of await accessibilityFaults(own.page)) faults.push(`${each}: ${fault}`);
      if ((await sidewaysScroll(own.page)) > 0) faults.push(`${each} scrolls sideways`);
    }
    await own.page.goto(`${stack.url}/merge?method=ties`);
    await own.page.getByRole("button", { name: "How TIES works" }).click();
    for (const fault of await accessibilityFaults(own.page)) faults.push(`how a method works: ${fault}`);
    if ((await sidewaysScroll(own.page)) > 0) faults.push("how a method works scrolls sideways");
    await own.page.getByRole("button", { name: /^Method/ }).click();
    await own.page.getByRole("option", { name: /SLERP/ }).first().waitFor();
    for (const fault of await accessibilityFaults(own.page)) faults.push(`the list of methods: ${fault}`);
    await own.context.close();
    expect(faults).toEqual([]);
    expect(own.errors.filter((error) => !error.includes("404"))).toEqual([]);
  });

  test("reports no error in the console on the way", () => {
    expect(errors).toEqual([]);
  });
});

describe.skipIf(!hasBrowser)("the first run", () => {
  test("shows three steps on an empty home", async () => {
    const stack = await testStack(path.join(folder, "empty"));
    const browser = await openBrowser();
    try {
      const { page } = await signedIn(browser, stack);
      for (const step of ["Register a folder", "Merge two fine-tunes", "See what it gained"])
        await page.getByRole("heading", { name: step }).first().waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
    } finally {
      await browser.close();
      await stack.stop();
    }
  });
});
