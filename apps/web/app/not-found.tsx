import { NotFound } from "../components/not-found.tsx";

export default function PageNotFound() {
  return (
    <main className="mx-auto max-w-[720px] px-4 pt-24">
      <NotFound />
    </main>
  );
}
