"use client";

import { Checkbox } from "@mantine/core";
import { IconAlertTriangle, IconPlugConnectedX } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useMe } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/empty";
import { ErrorView } from "@/components/ui/error-view";
import { Link } from "@/components/ui/link";
import { ReadPage } from "@/components/ui/page";
import { Fact, Facts } from "@/components/ui/side-panel";
import { Theme } from "@/components/ui/theme";
import { permissionDescriptions } from "@/server/core/permissions";
import type { Asking, AuthorizationRequest } from "@/server/oauth/contract";
import styles from "./oauth.module.css";

/** Asks a person whether a program may act for them. */
export function Consent({ request }: { request: AuthorizationRequest | null }) {
	return (
		<ReadPage>
			<div className={styles.card}>
				{request ? (
					<Asked request={request} />
				) : (
					<Problem message="The program that sent you here asked in a way that can't be read. Begin anew there." />
				)}
			</div>
		</ReadPage>
	);
}

function Asked({ request }: { request: AuthorizationRequest }) {
	const api = useApi();
	const query = useQuery(api.oauth.look.queryOptions(request));
	if (query.error) return <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />;
	const asking = query.data;
	if (!asking) return null;
	if (asking.kind === "problem") return <Problem message={asking.message} back={asking.back} />;
	return <Question request={request} asking={asking} />;
}

function Problem({ message, back = null }: { message: string; back?: Extract<Asking, { kind: "problem" }>["back"] }) {
	return (
		<Empty
			icon={IconPlugConnectedX}
			title="This program can't be let in"
			action={
				back ? (
					<Button onClick={() => window.location.assign(back.redirectTo)}>Go back to {back.host}</Button>
				) : undefined
			}
		>
			{message}
		</Empty>
	);
}

function Question({ request, asking }: { request: AuthorizationRequest; asking: Extract<Asking, { kind: "ask" }> }) {
	const api = useApi();
	const me = useMe();
	const { program, missing } = asking;
	const [chosen, setChosen] = useState<string[]>(
		asking.scopes.filter(({ isDangerous }) => !isDangerous).map(({ scope }) => scope),
	);
	const decide = useMutation(
		api.oauth.decide.mutationOptions({ onSuccess: ({ redirectTo }) => window.location.assign(redirectTo) }),
	);
	const scopes = asking.scopes.map(({ scope }) => scope).filter((scope) => chosen.includes(scope));
	// The browser is on its way as soon as there is an answer.
	const isBusy = decide.isPending || decide.isSuccess;
	return (
		<Theme>
			<section className={styles.question} aria-labelledby="asked">
				<header>
					<h1 id="asked">Let {program.name} in?</h1>
					<p>
						It would act for you, {me.name}, in Quarterdeck: with the rights that you tick, and never with more than you
						hold at that moment.
					</p>
				</header>
				<Facts>
					<Fact name="Program">
						{program.name}
						{program.isKnown ? ", registered by an administrator" : ""}
					</Fact>
					<Fact name="Answer goes to">
						<code>{program.redirectHost}</code>
						{program.isLocal ? ", a program on your own machine" : ""}
					</Fact>
					<Fact name="You are">{me.email}</Fact>
				</Facts>
				{program.isKnown ? null : (
					<p className={styles.warning} role="note">
						<IconAlertTriangle size={18} stroke={1.5} aria-hidden="true" />
						It registered itself: nobody here has checked who is behind that name. Go on only if you have just begun
						this yourself, in a program that you know.
					</p>
				)}
				<Checkbox.Group label="It may" value={chosen} onChange={setChosen}>
					<div className={styles.scopes}>
						{asking.scopes.map(({ scope, isDangerous }) => (
							<Checkbox
								key={scope}
								value={scope}
								label={
									<span className={styles.scope}>
										{permissionDescriptions[scope]}
										{isDangerous ? (
											<Badge tone="amber" icon={IconAlertTriangle}>
												Sensitive
											</Badge>
										) : null}
									</span>
								}
								description={<code>{scope}</code>}
							/>
						))}
						{asking.scopes.length === 0 ? <p>Nothing that it asks for is yours to give.</p> : null}
					</div>
				</Checkbox.Group>
				{missing.length > 0 ? (
					<p className={styles.hint}>
						It also asks for {missing.join(", ")}, which you don't hold: it doesn't get that.
					</p>
				) : null}
				{decide.error ? <ErrorView failure={toFailure(decide.error)} /> : null}
				<div className={styles.foot}>
					<Button disabled={isBusy} onClick={() => decide.mutate({ request, scopes: [] })}>
						Refuse
					</Button>
					<Button
						look="primary"
						isBusy={isBusy}
						disabled={scopes.length === 0}
						onClick={() => decide.mutate({ request, scopes })}
					>
						Let it in
					</Button>
				</div>
				<p className={styles.hint}>
					You take it back at any time under <Link href="/account/sessions">Your account, Sessions</Link>.
				</p>
			</section>
		</Theme>
	);
}
