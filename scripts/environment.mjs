// What the tests can use on this machine: a browser and an S3 server. Neither can come from npm.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const browsers = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const macBrowsers = [
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

export const howToGetChromium =
  "Install one: apt-get install chromium (Debian), brew install --cask chromium (macOS), or set CHROMIUM_PATH to a Chrome or Chromium.";
export const howToGetS3 =
  "Set S3_ENDPOINT, S3_ACCESS_KEY and S3_SECRET_KEY to a server of yours, " +
  "or install Ceph (apt-get install ceph-mon ceph-osd radosgw ceph-common), which scripts/s3-server.sh starts.";

/** The path of a Chromium, or null. */
export function findChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named) return fs.existsSync(named) ? named : null;
  return browsers.map(onPath).find(Boolean) ?? macBrowsers.find((file) => fs.existsSync(file)) ?? null;
}

/** The path of a program, or null. */
export function onPath(name) {
  const folders = (process.env.PATH ?? "").split(path.delimiter).filter(Boolean);
  return folders.map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file)) ?? null;
}

export const canStartS3 = () =>
  process.getuid?.() === 0 && ["ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "monmaptool"].every((name) => onPath(name));

/** Starts a real S3 server in `folder` and answers the S3_* variables that lead to it; stop it with stopS3. */
export function startS3(folder) {
  const { status, stdout, stderr } = spawnSync("bash", [serverScript, "start", folder], { encoding: "utf8" });
  if (status !== 0) throw new Error(`The S3 server did not start: ${stderr.trim() || stdout.trim()}`);
  return Object.fromEntries([...stdout.matchAll(/^(S3_\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
}

export function stopS3(folder) {
  spawnSync("bash", [serverScript, "stop", folder], { stdio: "inherit" });
}

const serverScript = fileURLToPath(new URL("s3-server.sh", import.meta.url));
