import { CopyText } from "@/components/ui/copy";
import { Link } from "@/components/ui/link";
import type { Operation, Reference } from "@/server/faces/rest/openapi/reference";
import styles from "./api-reference.module.css";

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

function OneOperation({ operation }: { operation: Operation }) {
	return (
		<details className={styles.operation} id={operation.id}>
			<summary>
				<span className={styles.method} data-method={operation.method}>
					{operation.method}
				</span>
				<code>{operation.path}</code>
				<span className={styles.summary}>
					{operation.summary}
					{operation.isDeprecated ? " (deprecated)" : null}
				</span>
			</summary>
			<div className={styles.inside}>
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

/** The whole REST face, readable without a script and without a foreign host. */
export function ApiReference({ reference }: { reference: Reference }) {
	return (
		<div className={styles.page}>
			<nav className={styles.nav} aria-label="Parts of the API">
				<Link href="/">Quarterdeck</Link>
				<ul>
					<li>
						<a href="#begin">How to begin</a>
					</li>
					{reference.features.map(({ name, operations }) => (
						<li key={name}>
							<a href={`#${name}`}>{name}</a> <span>{operations.length}</span>
						</li>
					))}
					<li>
						<a href="#problems">Problems</a>
					</li>
				</ul>
			</nav>
			<main className={styles.main}>
				<header id="begin">
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
						{operations.map((operation) => (
							<OneOperation key={operation.id} operation={operation} />
						))}
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
			</main>
		</div>
	);
}
