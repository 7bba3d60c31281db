import { readFileSync, writeFileSync } from "node:fs";

export interface MemoryWatch {
  /** Looks at the memory now; for systems that do not keep the peak themselves. */
  sample(): void;
  /** Largest resident set since the start, in bytes. */
  peakBytes(): number;
}

/** Linux keeps the peak of a process and lets it be reset; elsewhere the largest of the samples stands for it. */
export function watchMemory(): MemoryWatch {
  const canReset = resetPeak();
  let largest = process.memoryUsage.rss();
  const sample = (): void => {
    largest = Math.max(largest, process.memoryUsage.rss());
  };
  return {
    sample,
    peakBytes() {
      sample();
      return canReset ? Math.max(largest, kernelPeak()) : largest;
    },
  };
}

/** Writing 5 sets VmHWM to the present size (proc(5), since Linux 4.0). */
function resetPeak(): boolean {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
    return true;
  } catch {
    return false;
  }
}

function kernelPeak(): number {
  try {
    const [, kilobytes = "0"] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    return Number(kilobytes) * 1024;
  } catch {
    return 0;
  }
}
