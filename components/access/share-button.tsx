"use client";

import { IconShare } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useMay } from "@/components/shell/me";
import { Button } from "@/components/ui/button";
import type { SharedResource } from "@/server/access/contract";

const ShareDialog = dynamic(() => import("./share-dialog"), { ssr: false });

/** For whoever manages the thing. */
export function ShareButton(resource: SharedResource) {
	const [isOpen, setOpen] = useState(false);
	if (!useMay("shares:write")) return null;
	return (
		<>
			<Button icon={IconShare} onClick={() => setOpen(true)}>
				Share
			</Button>
			{isOpen ? <ShareDialog resource={resource} onClose={() => setOpen(false)} /> : null}
		</>
	);
}
