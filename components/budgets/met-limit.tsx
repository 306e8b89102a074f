"use client";

import { IconTrendingUp } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useMay } from "@/components/shell/me";
import { Button } from "@/components/ui/button";
import { askHint } from "@/server/budgets/contract";
import styles from "./budgets.module.css";

const AskForm = dynamic(() => import("./ask-form"), { ssr: false });

/** Whether a refusal is of a limit of which there is more to ask for. */
export const isLimit = (text: string | null | undefined): boolean => text?.includes(askHint) ?? false;

/** The way on from a limit. */
export function AskForMore({ limitId, isQuiet }: { limitId?: string; isQuiet?: boolean }) {
	const [isAsking, setAsking] = useState(false);
	if (!useMay("runs:write")) return null;
	return (
		<>
			<Button size="small" look={isQuiet ? "quiet" : "plain"} icon={IconTrendingUp} onClick={() => setAsking(true)}>
				Ask for more
			</Button>
			{isAsking ? <AskForm limitId={limitId} onClose={() => setAsking(false)} /> : null}
		</>
	);
}

/** What an answer was not given for, where that is a limit: which one, when it begins anew, and how to have more. */
export function MetLimit({ text }: { text: string | null | undefined }) {
	if (!text || !isLimit(text)) return null;
	return (
		<div className={styles.met} role="note">
			<p>{text}</p>
			<AskForMore />
		</div>
	);
}
