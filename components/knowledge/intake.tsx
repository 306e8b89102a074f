"use client";

import { IconRefresh, IconX } from "@tabler/icons-react";
import { useClient } from "@/components/trpc/client";
import { Bar } from "@/components/ui/bar";
import { Button, IconButton } from "@/components/ui/button";
import { bytes, counted, figure } from "@/components/ui/figures";
import type { CollectionChange, Document } from "@/server/knowledge/contract";
import styles from "./knowledge.module.css";
import { usePace } from "./pace";
import { leftOf, SteerAll } from "./steer";
import { dropUpload, isUnderWay, type LocalUpload, retryUpload, useUploads } from "./uploads";

const sentOf = ({ state, file }: LocalUpload): number => {
	switch (state.kind) {
		case "waiting":
		case "refused":
		case "failed":
			return 0;
		case "sending":
			return Math.min(state.sent, file.size);
		case "adding":
		case "added":
			return file.size;
	}
};

/** What is coming in: bytes on their way, then documents being read. Gone when all is done and well. */
export function Intake(props: {
	collectionId: string;
	total: CollectionChange["total"] | null;
	isCut: boolean;
	mayManage: boolean;
	onAdded: (document: Document) => void;
}) {
	const { total } = props;
	const uploads = useUploads(props.collectionId);
	const counting = uploads.filter(({ state }) => state.kind !== "refused");
	const going = uploads.filter(isUnderWay);
	const shown = uploads.filter(({ state }) => state.kind !== "added" || !state.isNew);
	const isReading = total !== null && leftOf(total) > 0;
	const canSteer =
		total !== null && props.mayManage && leftOf(total) + total.paused + total.failed + total.cancelled > 0;
	if (shown.length === 0 && !isReading && !canSteer) return null;
	const size = counting.reduce((sum, { file }) => sum + file.size, 0);
	const sent = counting.reduce((sum, upload) => sum + sentOf(upload), 0);
	const clear = () => {
		for (const upload of uploads) if (!isUnderWay(upload)) dropUpload(upload.id);
	};
	return (
		<section className={styles.intake} aria-label="Coming in">
			{going.length > 0 ? (
				<Bar
					label={`Sending ${counted(going.length, "file")}`}
					share={size === 0 ? 1 : sent / size}
					detail={`${bytes(sent)} of ${bytes(size)}`}
				/>
			) : null}
			{isReading ? <Reading total={total} /> : null}
			{canSteer ? <SteerAll collectionId={props.collectionId} total={total} /> : null}
			{props.isCut ? <p className={styles.cut}>Reconnecting… Files go on being read meanwhile.</p> : null}
			{shown.length > 0 ? (
				<ul className={styles.uploads}>
					{shown.map((upload) => (
						<UploadRow key={upload.id} upload={upload} onAdded={props.onAdded} />
					))}
				</ul>
			) : null}
			{going.length === 0 && shown.length > 0 ? (
				<div>
					<Button size="small" onClick={clear}>
						Clear this list
					</Button>
				</div>
			) : null}
		</section>
	);
}

function Reading({ total }: { total: CollectionChange["total"] }) {
	const left = leftOf(total);
	const pace = usePace(total);
	const failed = total.failed > 0 ? `, ${figure(total.failed)} failed` : "";
	return (
		<>
			<Bar
				label={`Reading ${counted(left, "document")}`}
				share={total.progress}
				detail={`${figure(total.ready)} of ${figure(total.all)} ready${failed}`}
			/>
			{pace || total.waitsFor ? (
				<p className={styles.cut}>
					{[pace, total.waitsFor ? `${counted(total.queued, "document")} waiting: ${total.waitsFor}` : null]
						.filter(Boolean)
						.join(" · ")}
				</p>
			) : null}
		</>
	);
}

function UploadRow({ upload, onAdded }: { upload: LocalUpload; onAdded: (document: Document) => void }) {
	const client = useClient();
	const { state } = upload;
	const why = state.kind === "refused" ? state.why : state.kind === "failed" ? state.failure.message : null;
	return (
		<li className={styles.upload}>
			<span className={styles.uploadName} title={upload.file.name}>
				{upload.file.name}
			</span>
			<UploadProgress upload={upload} />
			<span className={styles.rowTools}>
				{state.kind === "failed" ? (
					<IconButton
						size="small"
						icon={IconRefresh}
						label={`Retry ${upload.file.name}`}
						onClick={() => retryUpload(upload, { client, onAdded })}
					/>
				) : null}
				<IconButton
					size="small"
					icon={IconX}
					label={`Remove ${upload.file.name} from this list`}
					onClick={() => dropUpload(upload.id)}
				/>
			</span>
			{why ? <span className={styles.uploadWhy}>{why}</span> : null}
		</li>
	);
}

function UploadProgress({ upload: { state, file } }: { upload: LocalUpload }) {
	switch (state.kind) {
		case "waiting":
			return <span className={styles.cut}>Waits its turn</span>;
		case "sending":
			return (
				<Bar
					label="Sending"
					share={state.sent / file.size}
					detail={`${bytes(Math.min(state.sent, file.size))} of ${bytes(file.size)}`}
				/>
			);
		case "adding":
			return <span className={styles.cut}>Arrived, being added</span>;
		case "added":
			return <span className={styles.cut}>Already in this collection: nothing was done twice</span>;
		case "refused":
		case "failed":
			return <span className={styles.bad}>Not added</span>;
	}
}
