"use client";

import { memo, type ReactNode } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import type { Citation } from "@/server/runs/contract";
import styles from "./answer.module.css";
import { markAnswer } from "./answer-marks";
import type { AnswerProps } from "./answer-props";
import { CitationChip } from "./citation";

/** Only what leads to a page or a mail; anything else loses its address. */
function safeUrl(url: string): string {
	try {
		const { protocol } = new URL(url);
		return ["http:", "https:", "mailto:"].includes(protocol) ? url : "";
	} catch {
		return "";
	}
}

const hostOf = (url: string): string => {
	try {
		return new URL(url).host;
	} catch {
		return "";
	}
};

/** A mail address has no host; a link whose text is its address has told it already. */
const tellsHost = (href: string, children: ReactNode): boolean =>
	hostOf(href) === "" || (typeof children === "string" && children.includes(hostOf(href)));

const componentsFor = (citations: Citation[]): Components => ({
	// A link says where it leads, as its text may claim anything.
	a: ({ href, children }) =>
		href ? (
			<a href={href} target="_blank" rel="noopener noreferrer nofollow" title={href}>
				{children}
				{tellsHost(href, children) ? null : <span className={styles.host}> ({hostOf(href)})</span>}
			</a>
		) : (
			<span>{children}</span>
		),
	// An image in a model's output would tell its host that it was read.
	img: ({ alt }) => <span className={styles.image}>[image{alt ? `: ${alt}` : ""}]</span>,
	input: ({ checked }) => <input type="checkbox" checked={checked ?? false} readOnly disabled aria-label="Task" />,
	table: ({ children }) => (
		<div className={styles.tableFrame}>
			<table>{children}</table>
		</div>
	),
	// The question above is a heading of the second rank.
	h1: ({ children }) => <h3>{children}</h3>,
	h2: ({ children }) => <h3>{children}</h3>,
	h3: ({ children }) => <h4>{children}</h4>,
	h4: ({ children }) => <h5>{children}</h5>,
	cite: ({ node }) => {
		const marker = Number(node?.properties.dataMarker);
		const citation = citations.find((one) => one.marker === marker);
		return citation ? <CitationChip citation={citation} /> : <>[{marker}]</>;
	},
	mark: ({ children }) => (
		<mark className={styles.unsupported} title="No cited passage supports this sentence.">
			{children}
		</mark>
	),
});

function AnswerMarkdown({ text, citations, unsupported }: AnswerProps) {
	return (
		<ReactMarkdown
			skipHtml
			urlTransform={safeUrl}
			remarkPlugins={[remarkGfm, [markAnswer, { unsupported }]]}
			components={componentsFor(citations)}
		>
			{text}
		</ReactMarkdown>
	);
}

export default memo(AnswerMarkdown);
