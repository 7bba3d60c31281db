import type { Metadata } from "next";
import { SignInPage } from "../../features/session/sign-in-page.tsx";

export const metadata: Metadata = { title: "Sign in" };

export default async function Page({ searchParams }: PageProps<"/sign-in">) {
  const { reason, error } = await searchParams;
  return <SignInPage reason={[reason, error].flat().find(Boolean)} />;
}
