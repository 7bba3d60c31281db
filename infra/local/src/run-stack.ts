import { type Stack, type StackOptions, startStack } from "./stack.ts";

/**
 * Runs a stack until Ctrl-C, a request to end, or a part that keeps crashing; then stops it all and answers the exit code. When
 * `onReady` answers a number, that ends it, too. A second Ctrl-C, or npm passing the same one on, changes nothing.
 */
export async function runStack(
  options: Omit<StackOptions, "signal">,
  onReady: (stack: Stack) => Promise<number | undefined> | number | undefined,
): Promise<number> {
  const interruption = new AbortController();
  const interrupted = new Promise<number>((resolve) => {
    for (const [signal, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
      ["SIGHUP", 129],
    ] as const)
      process.on(signal, () => {
        interruption.abort(new Error("interrupted"));
        resolve(code);
      });
  });
  let stack: Stack | undefined;
  try {
    stack = await startStack({ ...options, signal: interruption.signal });
    const finished = Promise.resolve(onReady(stack)).then((code) => code ?? new Promise<never>(() => {}));
    return await Promise.race([interrupted, stack.failed, finished]);
  } catch (error) {
    if (interruption.signal.aborted) return await interrupted;
    throw error;
  } finally {
    if (interruption.signal.aborted) options.print("stopping");
    await stack?.stop();
  }
}
