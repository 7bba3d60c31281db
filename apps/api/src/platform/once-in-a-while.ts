const pauseMs = 5000;

/** Passes an error on unless one with the same message went through less than five seconds ago: a lost server is one line, not a flood. */
export function onceInAWhile(onError: (error: Error) => void): (error: Error) => void {
  const last = new Map<string, number>();
  return (error) => {
    const now = performance.now();
    if (now - (last.get(error.message) ?? Number.NEGATIVE_INFINITY) < pauseMs) return;
    for (const [message, at] of last) if (now - at > pauseMs) last.delete(message);
    last.set(error.message, now);
    onError(error);
  };
}
