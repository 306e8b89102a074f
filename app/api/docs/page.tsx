import type { Metadata } from "next";
import { ApiReference } from "@/components/procedures/api-reference";
import { readReference } from "@/server/faces/rest/openapi/reference";

export const metadata: Metadata = { title: "REST API" };

export default function ApiDocsPage() {
	return <ApiReference reference={readReference()} />;
}
