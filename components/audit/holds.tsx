"use client";

import { NativeSelect, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMay } from "@/components/shell/me";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { confirm, say } from "@/components/ui/say";
import { When } from "@/components/ui/time";
import type { AuditHold } from "@/server/audit/contract";
import styles from "./audit.module.css";

const noInput = {};
const mostPeople = 200;

/** What may be neither dropped nor erased, and why. */
export function Holds() {
	const api = useApi();
	const client = useClient();
	const list = usePages({
		key: api.audit.listHolds.infiniteQueryKey(noInput),
		read: (cursor) => client.audit.listHolds.query({ cursor }),
	});
	return (
		<div className={styles.stack}>
			{list.error ? <ErrorView failure={toFailure(list.error)} retry={list.retry} /> : null}
			{list.rows.length === 0 && !list.isLoading ? (
				<p className={styles.hint}>Nothing is held. Place a hold before a dispute or an inquiry, and say why.</p>
			) : (
				<ul className={styles.holds} aria-label="Holds">
					{list.rows.map((hold) => (
						<Hold key={hold.id} hold={hold} />
					))}
				</ul>
			)}
			{list.hasMore ? <Button onClick={list.loadMore}>Show more</Button> : null}
			<HoldForm />
		</div>
	);
}

function Hold({ hold }: { hold: AuditHold }) {
	const api = useApi();
	const cache = useQueryClient();
	const whom = hold.userId === null ? "Everything" : (hold.userName ?? "erased person");
	const release = useMutation(
		api.audit.releaseHold.mutationOptions({
			onSuccess: () => cache.invalidateQueries(api.audit.pathFilter()),
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	const ask = async () => {
		const isSure = await confirm({
			title: `Release the hold on ${whom.toLowerCase() === "everything" ? "everything" : whom}?`,
			text: "What is older than the time that entries are kept may then be dropped.",
			action: "Release",
		});
		if (isSure) release.mutate({ holdId: hold.id });
	};
	return (
		<li>
			<div>
				<strong>{whom}</strong>
				<p>
					{hold.reason}, since <When at={hold.createdAt} />
					{hold.releasedAt ? (
						<>
							, released <When at={hold.releasedAt} />
						</>
					) : null}
				</p>
			</div>
			{hold.releasedAt ? null : (
				<Button size="small" isBusy={release.isPending} onClick={() => void ask()}>
					Release
				</Button>
			)}
		</li>
	);
}

function HoldForm() {
	const api = useApi();
	const cache = useQueryClient();
	const mayList = useMay("users:read");
	const { data } = useQuery({ ...api.users.list.queryOptions({ limit: mostPeople }), enabled: mayList });
	const form = useForm({ initialValues: { userId: "", reason: "" } });
	const place = useMutation(
		api.audit.placeHold.mutationOptions({
			onSuccess: async () => {
				form.reset();
				await cache.invalidateQueries(api.audit.pathFilter());
			},
			onError: (error) => form.setErrors(toFailure(error).fields),
		}),
	);
	const people = (data?.rows ?? []).map(({ id, name }) => ({ value: id, label: name }));
	return (
		<form
			className={styles.stack}
			onSubmit={form.onSubmit(({ userId, reason }) => place.mutate({ userId: userId || null, reason }))}
			noValidate
		>
			<NativeSelect
				label="Hold"
				data={[{ value: "", label: "Everything" }, ...people.toSorted((a, b) => a.label.localeCompare(b.label))]}
				{...form.getInputProps("userId")}
			/>
			<Textarea label="Reason" autosize minRows={2} maxLength={500} {...form.getInputProps("reason")} />
			{place.error ? <ErrorView failure={toFailure(place.error)} /> : null}
			<div className={styles.foot}>
				<Button type="submit" isBusy={place.isPending}>
					Place hold
				</Button>
			</div>
		</form>
	);
}
