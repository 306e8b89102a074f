"use client";

import { Checkbox, PasswordInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { NewPassword } from "@/components/auth/new-password";
import { useMe } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import styles from "./account.module.css";

const noInput = {};

/** The current password and a new one. */
export function ChangePassword() {
	const api = useApi();
	const query = useQuery(api.account.password.queryOptions(noInput));
	return (
		<section className={styles.section} aria-labelledby="password">
			<h2 id="password">Change your password</h2>
			{query.error ? <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} /> : null}
			{query.data?.hasPassword === false ? (
				<p className={styles.hint}>
					You sign in another way and have no password. <Link href="/account/security">See how under Security.</Link>
				</p>
			) : null}
			{query.data?.hasPassword ? (
				<Theme>
					<PasswordForm
						least={query.data.leastCharacters}
						others={query.data.otherSessions}
						liveKeys={query.data.liveKeys}
					/>
				</Theme>
			) : null}
		</section>
	);
}

function PasswordForm({ least, others, liveKeys }: { least: number; others: number; liveKeys: number }) {
	const api = useApi();
	const me = useMe();
	const cache = useQueryClient();
	const [current, setCurrent] = useState("");
	const [next, setNext] = useState("");
	const [endOtherSessions, setEnd] = useState(true);
	const change = useMutation(
		api.account.changePassword.mutationOptions({
			onSuccess: async () => {
				setCurrent("");
				setNext("");
				say("Your password is changed");
				await cache.invalidateQueries(api.account.password.pathFilter());
			},
		}),
	);
	const failure = change.error ? toFailure(change.error) : null;
	const submit = (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		change.mutate({ current, next, endOtherSessions });
	};
	return (
		<form className={styles.form} onSubmit={submit} noValidate>
			{/* By it a password manager knows which entry to change. */}
			<input type="email" name="email" value={me.email} autoComplete="username" readOnly hidden />
			<PasswordInput
				label="Current password"
				autoComplete="current-password"
				required
				withAsterisk={false}
				value={current}
				onChange={(event) => setCurrent(event.currentTarget.value)}
				error={failure?.fields.current}
				visibilityToggleButtonProps={{ "aria-label": "Show or hide the current password" }}
			/>
			<NewPassword label="New password" value={next} onChange={setNext} least={least} error={failure?.fields.next} />
			<Checkbox
				label={
					others > 0
						? `Sign out everywhere else (${counted(others, "other session")})`
						: "Sign out everywhere else, should you be signed in there"
				}
				checked={endOtherSessions}
				onChange={(event) => setEnd(event.currentTarget.checked)}
			/>
			{liveKeys > 0 ? (
				<p className={styles.hint}>
					{counted(liveKeys, "API key")} of yours {liveKeys === 1 ? "goes" : "go"} on working, so that no program stops.{" "}
					<Link href="/account/keys">Look at them, and revoke what you don't need.</Link>
				</p>
			) : null}
			{failure && Object.keys(failure.fields).length === 0 ? <ErrorView failure={failure} /> : null}
			<div>
				<Button type="submit" look="primary" isBusy={change.isPending}>
					Change password
				</Button>
			</div>
			<p className={styles.hint}>
				{least < 15 ? "8 characters are enough, as a second factor is asked for. " : ""}A mail tells you of the change.
				Don't know the current one? Sign out and choose a new one from the sign-in page.
			</p>
		</form>
	);
}
