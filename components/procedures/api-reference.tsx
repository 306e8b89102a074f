import type { ReactNode } from "react";
import { CopyText } from "@/components/ui/copy";
import { Link } from "@/components/ui/link";
import type { Operation, Reference } from "@/server/faces/rest/openapi/reference";
import styles from "./api-reference.module.css";

const base = "/api/docs";

/** Text with `code` and **strong** in it, as the document writes it. */
function Words({ text }: { text: string }) {
	return text.split("\n\n").map((part) => (
		<p key={part}>
			{part.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((piece, at) => {
				const key = `${at} ${piece}`;
				if (piece.startsWith("`")) return <code key={key}>{piece.slice(1, -1)}</code>;
				return piece.startsWith("**") ? <strong key={key}>{piece.slice(2, -2)}</strong> : piece;
			})}
		</p>
	));
}

function Code({ text, label }: { text: string; label: string }) {
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
		<section className={styles.code} tabIndex={0} aria-label={label}>
			<pre>{text}</pre>
		</section>
	);
}

function Fields({ operation }: { operation: Operation }) {
	if (operation.fields.length === 0) return null;
	return (
		<>
			<h4>What it takes</h4>
			<dl className={styles.fields}>
				{operation.fields.map((field) => (
					<div key={`${field.at} ${field.name}`}>
						<dt>
							<code>{field.name}</code>
							<span>
								{field.at}, {field.type}
								{field.isRequired ? <strong> · required</strong> : null}
							</span>
						</dt>
						<dd>{field.words}</dd>
					</div>
				))}
			</dl>
		</>
	);
}

function Method({ operation }: { operation: Operation }) {
	return (
		<>
			<span className={styles.method} data-method={operation.method}>
				{operation.method}
			</span>
			<code>{operation.path}</code>
			<span className={styles.summary}>
				{operation.summary}
				{operation.isDeprecated ? " (deprecated)" : null}
			</span>
		</>
	);
}

function OneOperation({ operation }: { operation: Operation }) {
	return (
		<details className={styles.operation}>
			<summary>
				<Method operation={operation} />
			</summary>
			{/* An address that leads inside opens it. */}
			<div className={styles.inside} id={operation.id}>
				<Words text={operation.description} />
				<Fields operation={operation} />
				<div className={styles.heading}>
					<h4>With curl</h4>
					<CopyText text={operation.curl} label={`Copy the curl command of ${operation.id}`} />
				</div>
				<Code text={operation.curl} label={`${operation.id} with curl`} />
				<h4>What it answers</h4>
				<ul className={styles.answers}>
					{operation.answers.map(({ status, words, example }) => (
						<li key={status}>
							<code>{status}</code> {words}
							{example ? <Code text={example} label={`${operation.id}, answer ${status}`} /> : null}
						</li>
					))}
				</ul>
			</div>
		</details>
	);
}

/** A page of the reference with the way to all others: readable without a script and without a foreign host. */
function Page({ reference, children }: { reference: Reference; children: ReactNode }) {
	return (
		<div className={styles.page}>
			<nav className={styles.nav} aria-label="Parts of the API">
				<Link href="/">Quarterdeck</Link>
				<ul>
					<li>
						<Link href={base} prefetch={false}>
							How to begin
						</Link>
					</li>
					{reference.features.map(({ name, operations }) => (
						<li key={name}>
							<Link href={`${base}/${name}`} prefetch={false}>
								{name}
							</Link>{" "}
							<span>{operations.length}</span>
						</li>
					))}
					<li>
						<a href={`${base}#problems`}>Problems</a>
					</li>
				</ul>
			</nav>
			<main className={styles.main}>{children}</main>
		</div>
	);
}

/** How to begin, every operation with the way to where it is told in full, and what can go wrong. */
export function ApiReference({ reference }: { reference: Reference }) {
	return (
		<Page reference={reference}>
			<header>
				<h1>REST API</h1>
				<p className={styles.lead}>
					Version {reference.version} · <a href="/api/v1/openapi.json">openapi.json</a> (OpenAPI 3.1)
				</p>
				<Words text={reference.about} />
			</header>
			{reference.features.map(({ name, words, operations }) => (
				<section key={name} id={name} aria-labelledby={`${name}-title`}>
					<h2 id={`${name}-title`}>{name}</h2>
					<p className={styles.lead}>{words}</p>
					<ul className={styles.operations}>
						{operations.map((operation) => (
							<li key={operation.id}>
								<a href={`${base}/${name}#${operation.id}`}>
									<Method operation={operation} />
								</a>
							</li>
						))}
					</ul>
				</section>
			))}
			<section id="problems" aria-labelledby="problems-title">
				<h2 id="problems-title">Problems</h2>
				<p className={styles.lead}>What the type of a failure points to (RFC 9457).</p>
				<dl className={styles.fields}>
					{reference.problems.map(({ anchor, code, title, advice }) => (
						<div key={code} id={anchor}>
							<dt>
								<code>{code}</code>
								<span>{title}</span>
							</dt>
							<dd>
								<Words text={advice} />
							</dd>
						</div>
					))}
				</dl>
			</section>
		</Page>
	);
}

/** One feature's operations, each in full. */
export function ApiFeature({ reference, feature }: { reference: Reference; feature: Reference["features"][number] }) {
	return (
		<Page reference={reference}>
			<header>
				<h1 className={styles.feature}>{feature.name}</h1>
				<p className={styles.lead}>{feature.words}</p>
			</header>
			{feature.operations.map((operation) => (
				<OneOperation key={operation.id} operation={operation} />
			))}
		</Page>
	);
}
