import { NotFound } from "../../components/not-found.tsx";

export default function PageNotFound() {
  return <NotFound />;
}
