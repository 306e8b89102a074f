"use client";

import type { PDFDocumentProxy, PDFPageProxy, RenderTask } from "pdfjs-dist";
import { useEffect, useRef, useState } from "react";
import { type Box, placePassage } from "./pdf-marks";
import styles from "./pdf-page.module.css";

type Props = {
	documentId: string;
	page: number;
	pageCount: number;
	/** What to mark in it. */
	passage: string | null;
	/** What is shown instead where the page can't be drawn. */
	onFailure: () => void;
};

const widest = 860;

/** One page of a PDF as it looks, drawn by pdf.js from the file itself, with the passage marked. */
export default function PdfPage({ documentId, page, pageCount, passage, onFailure }: Props) {
	const frame = useRef<HTMLDivElement>(null);
	const canvas = useRef<HTMLCanvasElement>(null);
	const first = useRef<HTMLDivElement>(null);
	const [boxes, setBoxes] = useState<Box[]>([]);
	const [isDrawn, setDrawn] = useState(false);
	const fail = useRef(onFailure);
	fail.current = onFailure;
	useEffect(() => {
		let isOver = false;
		let task: RenderTask | null = null;
		setDrawn(false);
		setBoxes([]);
		(async () => {
			const proxy = await (await openPdf(documentId)).getPage(page);
			if (isOver || !canvas.current || !frame.current) return;
			const drawn = draw(proxy, canvas.current, Math.min(widest, frame.current.clientWidth));
			task = drawn.task;
			await drawn.task.promise;
			const found = passage ? await placePassage(proxy, drawn.viewport, passage) : [];
			if (isOver) return;
			setBoxes(found);
			setDrawn(true);
		})().catch((error: unknown) => {
			if (!isOver && !(error instanceof Error && error.name === "RenderingCancelledException")) fail.current();
		});
		return () => {
			isOver = true;
			task?.cancel();
		};
	}, [documentId, page, passage]);
	useEffect(() => {
		if (boxes.length > 0) first.current?.scrollIntoView({ block: "center" });
	}, [boxes]);
	return (
		<div ref={frame} className={styles.frame} aria-busy={!isDrawn}>
			<div className={styles.page}>
				<canvas ref={canvas} role="img" aria-label={`Page ${page} of ${pageCount}, as it looks`} />
				{boxes.map((box, at) => (
					<div
						// biome-ignore lint/suspicious/noArrayIndexKey: boxes of one passage, in their order
						key={at}
						ref={at === 0 ? first : undefined}
						className={styles.mark}
						style={{ left: `${box.left}%`, top: `${box.top}%`, width: `${box.width}%`, height: `${box.height}%` }}
					/>
				))}
			</div>
		</div>
	);
}

function draw(page: PDFPageProxy, canvas: HTMLCanvasElement, width: number) {
	const scale = width / page.getViewport({ scale: 1 }).width;
	const viewport = page.getViewport({ scale });
	const sharp = Math.min(2, window.devicePixelRatio || 1);
	canvas.width = Math.round(viewport.width * sharp);
	canvas.height = Math.round(viewport.height * sharp);
	canvas.style.width = `${Math.round(viewport.width)}px`;
	return { viewport, task: page.render({ canvas, viewport: page.getViewport({ scale: scale * sharp }) }) };
}

/** The last document stays open while one turns its pages. */
let opened: { id: string; document: Promise<PDFDocumentProxy> } | null = null;

function openPdf(documentId: string): Promise<PDFDocumentProxy> {
	if (opened?.id === documentId) return opened.document;
	void opened?.document.then((document) => document.loadingTask.destroy()).catch(() => {});
	const document = loadPdf(documentId);
	opened = { id: documentId, document };
	document.catch(() => {
		if (opened?.document === document) opened = null;
	});
	return document;
}

async function loadPdf(documentId: string): Promise<PDFDocumentProxy> {
	const [pdfjs, response] = await Promise.all([import("pdfjs-dist"), fetch(`/api/documents/${documentId}/file`)]);
	if (!response.ok) throw new Error("The file could not be read");
	if (!pdfjs.GlobalWorkerOptions.workerPort)
		pdfjs.GlobalWorkerOptions.workerPort = new Worker(new URL("pdfjs-dist/build/pdf.worker.min.mjs", import.meta.url), {
			type: "module",
		});
	// The policy of our pages lets nothing of a file run, and nothing be fetched for it from elsewhere.
	return pdfjs.getDocument({
		data: await response.arrayBuffer(),
		useWasm: false,
		enableXfa: false,
	}).promise;
}
