"use client";

import { Modal } from "@mantine/core";
import { Button } from "@/components/ui/button";
import { CopyId } from "@/components/ui/copy";
import { counted, figure } from "@/components/ui/figures";
import { Fact, Facts } from "@/components/ui/side-panel";
import { Theme } from "@/components/ui/theme";
import { Exactly } from "@/components/ui/time";
import type { ApiKey } from "@/server/keys/contract";
import { KeyState } from "./key-state";
import styles from "./keys.module.css";

/** All that is known of a key but its secret. */
export default function KeyFacts({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
	const { scopes, dormant, addresses, tokensPerDay, callsPerMinute, previous } = apiKey;
	return (
		<Theme>
			<Modal opened onClose={onClose} title={apiKey.name} size="lg">
				<div className={styles.stack}>
					<Facts>
						<Fact name="State">
							<KeyState apiKey={apiKey} />
						</Fact>
						<Fact name="Key">
							<code>{`${apiKey.prefix}…${apiKey.lastFour}`}</code>
						</Fact>
						<Fact name="Former secret">
							{previous ? (
								<>
									…{previous.lastFour}, works until <Exactly at={previous.until} />
								</>
							) : null}
						</Fact>
						<Fact name="Owner">{apiKey.owner.name}</Fact>
						<Fact name="Only from">{addresses ? addresses.join(", ") : "anywhere"}</Fact>
						<Fact name="Tokens">
							{figure(apiKey.tokensToday)} today
							{tokensPerDay === null ? ", no limit of its own" : `, of ${figure(tokensPerDay)} a day`}
						</Fact>
						<Fact name="Calls">
							{callsPerMinute === null ? "as many a minute as its owner" : `${figure(callsPerMinute)} a minute at most`}
						</Fact>
						<Fact name="Last use">
							{apiKey.lastUsedAt ? (
								<>
									<Exactly at={apiKey.lastUsedAt} />
									{apiKey.lastUsedAddress ? `, from ${apiKey.lastUsedAddress}` : ""}
								</>
							) : (
								"Never"
							)}
						</Fact>
						<Fact name="Made">
							<Exactly at={apiKey.createdAt} />
						</Fact>
						<Fact name="Ends">{apiKey.expiresAt ? <Exactly at={apiKey.expiresAt} /> : "Never"}</Fact>
						<Fact name="Revoked">{apiKey.revokedAt ? <Exactly at={apiKey.revokedAt} /> : null}</Fact>
						<Fact name="Key id">
							<CopyId value={apiKey.id} label="key id" length={36} />
						</Fact>
					</Facts>
					<section className={styles.may} aria-labelledby="key-may">
						<h3 id="key-may">May do ({counted(scopes.length, "right")})</h3>
						<ul>
							{scopes.map((scope) => (
								<li key={scope}>
									<code>{scope}</code>
									{dormant.includes(scope) ? <span> without effect: its owner does not hold it</span> : null}
								</li>
							))}
						</ul>
					</section>
					<div className={styles.foot}>
						<Button onClick={onClose}>Close</Button>
					</div>
				</div>
			</Modal>
		</Theme>
	);
}
