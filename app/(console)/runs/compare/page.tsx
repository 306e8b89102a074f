import type { Metadata } from "next";
import { CompareRuns } from "@/components/runs/compare-runs";

export const metadata: Metadata = { title: "Compare runs" };

export default function CompareRunsPage() {
	return <CompareRuns />;
}
