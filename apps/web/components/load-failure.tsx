import type { ApiError } from "../lib/execute.ts";
import { Failure } from "./failure.tsx";

/** The API away, or an answer that is an error: what, where, what to do. */
export function LoadFailure({ failure, what }: { failure: ApiError; what: string }) {
  if (failure.kind === "unreachable") {
    return (
      <Failure title={`${failure.message} ${what} cannot be shown.`}>
        Start the stack with <code>amalgam up</code>, or look at its log under the data directory, then retry.
      </Failure>
    );
  }
  return (
    <Failure title={`${what} could not be loaded: ${failure.message}`}>
      Retry. If it stays, the API log has the full error under this time.
    </Failure>
  );
}
