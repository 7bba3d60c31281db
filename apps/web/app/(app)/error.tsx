"use client";
import { Failure } from "../../components/failure.tsx";

export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <>
      <h1 className="mb-4 text-page">This page broke</h1>
      <Failure title="The page stopped while it was being drawn." onRetry={reset}>
        Retry. If it stays, the web log has the error{error.digest ? ` under ${error.digest}` : ""}.
      </Failure>
    </>
  );
}
