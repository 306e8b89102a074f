"use client";

import dynamic from "next/dynamic";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { AccessTabs } from "./access-tabs";

const Asking = dynamic(() => import("./asking"), { ssr: false });

/** Why may somebody do a thing, and what do they see? */
export function AccessView() {
	return (
		<ReadPage>
			<PageHeader title="People & roles">
				Why somebody may do a thing or may not, and the console as they have it.
			</PageHeader>
			<AccessTabs />
			<Asking />
		</ReadPage>
	);
}
