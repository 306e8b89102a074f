"use client";

import { IconKey, IconPlus } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useMay } from "@/components/shell/me";
import { useApi, useClient } from "@/components/trpc/client";
import { usePages } from "@/components/trpc/pages";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/empty";
import type { NewKey } from "@/server/keys/contract";
import { KeyTable } from "./key-table";
import styles from "./keys.module.css";

const KeyForm = dynamic(() => import("./key-form"), { ssr: false });
const KeySecret = dynamic(() => import("./key-secret"), { ssr: false });

/** One's own keys, and for who manages them everybody's. */
export function Keys() {
	const api = useApi();
	const client = useClient();
	const mayManage = useMay("keys:manage");
	const [isMaking, setMaking] = useState(false);
	const [made, setMade] = useState<NewKey | null>(null);
	const list = usePages({
		key: api.keys.list.infiniteQueryKey({}),
		read: (cursor) => client.keys.list.query({ cursor }),
	});
	const make = (
		<Button look="primary" icon={IconPlus} onClick={() => setMaking(true)}>
			Create key
		</Button>
	);
	return (
		<>
			<section className={styles.section} aria-labelledby="own-keys">
				<div className={styles.head}>
					<h2 id="own-keys">Your API keys</h2>
					{list.rows.length > 0 ? make : null}
				</div>
				<p className={styles.hint}>
					A program with a key does what the key and you may both do at that moment, and nothing else.
				</p>
				<KeyTable
					label="Your API keys"
					list={list}
					onRotated={setMade}
					empty={
						<Empty icon={IconKey} title="No keys yet" action={make}>
							Make one for each program, with no more rights than it needs.
						</Empty>
					}
				/>
			</section>
			{mayManage ? <EverybodysKeys /> : null}
			{isMaking ? (
				<KeyForm
					onClose={() => setMaking(false)}
					onMade={(key) => {
						setMaking(false);
						setMade(key);
					}}
				/>
			) : null}
			{made ? <KeySecret made={made} onClose={() => setMade(null)} /> : null}
		</>
	);
}

function EverybodysKeys() {
	const api = useApi();
	const client = useClient();
	const list = usePages({
		key: api.keys.listAll.infiniteQueryKey({}),
		read: (cursor) => client.keys.listAll.query({ cursor }),
	});
	return (
		<section className={styles.section} aria-labelledby="all-keys">
			<h2 id="all-keys">Everybody's API keys</h2>
			<p className={styles.hint}>Shown to you because you manage keys. Nobody sees a key's secret after it was made.</p>
			<KeyTable
				label="Everybody's API keys"
				list={list}
				isManaged
				empty={<Empty icon={IconKey} title="Nobody has a key" />}
			/>
		</section>
	);
}
