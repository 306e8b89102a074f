"use client";

import { IconDatabasePlus } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useMay } from "@/components/shell/me";
import { IconButton } from "@/components/ui/button";

const AddToDataset = dynamic(() => import("@/components/evaluations/add-to-dataset"), { ssr: false });

/** A good answer becomes an example that others are measured by. */
export function KeepExample({ runId, answer }: { runId: string; answer: string }) {
	const [isOpen, setOpen] = useState(false);
	if (!useMay("evaluations:write")) return null;
	return (
		<>
			<IconButton icon={IconDatabasePlus} size="small" label="Add to a dataset" onClick={() => setOpen(true)} />
			{isOpen ? <AddToDataset runId={runId} answer={answer} onClose={() => setOpen(false)} /> : null}
		</>
	);
}
