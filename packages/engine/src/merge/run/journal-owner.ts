import { createHash, randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * The process that writes into a partial folder. The folder's name says it, so that renaming the folder takes it over: a rename
 * is atomic, whoever comes second finds nothing under the old name, and what a killed process held is free without its help.
 */
export interface Owner {
  readonly pid: number;
  /** When the process began, in clock ticks since the machine's start: tells it from a later one with the same number; 0: unknown */
  readonly began: number;
  /** Where the process number means something: machine, its start, and the container on it */
  readonly place: Place;
  /** Tells apart the merges of one process */
  readonly token: string;
}

interface Place {
  readonly host: string;
  readonly boot: string;
  readonly container: string;
}

/** Folders that this process is writing into. */
const ours = new Set<string>();
/** A process of another machine or container is taken for dead when its folder has shown no sign of life for so long. */
const silentMs = 5 * 60_000;

const short = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 6);

function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}

let here: Place | null = null;

function placeOfThisProcess(): Place {
  here ??= {
    host: short(hostname()),
    boot: short(attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"))),
    container: short(attempt(() => readlinkSync("/proc/self/ns/pid"))),
  };
  return here;
}

/** Start of a process as /proc tells it: field 22, counted behind the name, which may hold anything; null when it is a zombie. */
function beginOf(pid: number): number | null {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  const [state = "", ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return state === "Z" || state === "X" ? null : Number(fields[18] ?? 0);
}

/** This process as the owner of one more folder, until it is released. */
export function takeOwnership(): Owner {
  const token = randomBytes(4).toString("hex");
  ours.add(token);
  return { pid: process.pid, began: beginOf(process.pid) ?? 0, place: placeOfThisProcess(), token };
}

export const release = ({ token }: Owner): void => void ours.delete(token);

const partial = ".partial-";
/** In the name of a folder that has no journal yet: under the other name it always has one. */
const beginning = ".beginning-";

/** Name of the partial folder of an output folder. */
export const partialName = (outName: string, owner: Owner): string => `${outName}${partial}${ownerText(owner)}`;
/** Its name until its journal is there. */
export const beginningName = (outName: string, owner: Owner): string => `${outName}${beginning}${ownerText(owner)}`;

const ownerText = ({ pid, began, place, token }: Owner): string =>
  `${[pid.toString(36), began.toString(36), `${place.host}${place.boot}${place.container}`, token].join("-")}`;

/** Reads back who owns a partial folder, also one that is beginning; null when the name is none of an output folder of this name. */
export function ownerOf(name: string, outName: string): Owner | null {
  const infix = [partial, beginning].find((each) => name.startsWith(outName + each));
  if (infix === undefined) return null;
  const tail = name.slice(outName.length + infix.length);
  const parts = /^([0-9a-z]{1,8})-([0-9a-z]{1,11})-([0-9a-f]{6})([0-9a-f]{6})([0-9a-f]{6})-([0-9a-f]{8})$/.exec(tail);
  if (parts === null) return null;
  const [, pid = "", began = "", host = "", boot = "", container = "", token = ""] = parts;
  return { pid: Number.parseInt(pid, 36), began: Number.parseInt(began, 36), place: { host, boot, container }, token };
}

/** Whether the process may still be writing. `seen`: the last sign of life of its folder, in milliseconds of the clock. */
export function isAlive({ pid, began, place, token }: Owner, seen: number): boolean {
  const { host, boot, container } = placeOfThisProcess();
  if (place.host === host && place.boot !== boot) return false;
  if (place.host !== host || place.container !== container) return Date.now() - seen < silentMs;
  if (pid === process.pid && began === (beginOf(pid) ?? 0)) return ours.has(token);
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const now = beginOf(pid);
  return now !== null && (now === began || now === 0 || began === 0);
}
