"use client";

import "@mantine/notifications/styles.layer.css";
import { ModalsProvider } from "@mantine/modals";
import { Notifications } from "@mantine/notifications";
import { useEffect } from "react";
import { questionsCanBeShown } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";

/** What no first screen needs: notes at the edge and questions before something is lost. */
export default function LateParts() {
	// Its children listen by then.
	useEffect(questionsCanBeShown, []);
	return (
		<Theme>
			<Notifications position="bottom-right" limit={4} />
			<ModalsProvider>{null}</ModalsProvider>
		</Theme>
	);
}
