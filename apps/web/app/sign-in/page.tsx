import type { Metadata } from "next";
import { SignInPage } from "../../features/session/sign-in-page.tsx";

export const metadata: Metadata = { title: "Sign in" };

export default async function Page({ searchParams }: PageProps<"/sign-in">) {
  const { reason, wrong, next } = await searchParams;
  return <SignInPage reason={wrong ? "wrong" : [reason].flat()[0]} next={[next].flat()[0]} />;
}
