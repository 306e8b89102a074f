"use client";

import { IconCheck, IconPencil, IconX } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { say } from "@/components/ui/say";
import type { ApprovalDetail } from "@/server/approvals/contract";
import { AmountForm } from "./amount-form";
import styles from "./approvals.module.css";
import { EditForm } from "./edit-form";

/** The decision, with A, E and R for who decides many. Of two people at once, the second is told what the first has decided. */
export function Decision({ approval }: { approval: ApprovalDetail }) {
	const api = useApi();
	const cache = useQueryClient();
	const [isRejecting, setRejecting] = useState(false);
	const [isEditing, setEditing] = useState(false);
	const done = {
		onSuccess: (decided: ApprovalDetail) => {
			setRejecting(false);
			say(decisionWords(decided));
		},
		// Also after a failure: somebody else may have been first.
		onSettled: () => cache.invalidateQueries(api.approvals.pathFilter()),
	};
	const approve = useMutation(api.approvals.approve.mutationOptions(done));
	const reject = useMutation(api.approvals.reject.mutationOptions(done));
	const answer = useMutation(api.approvals.answerOwn.mutationOptions(done));
	const edit = useMutation(
		api.approvals.edit.mutationOptions({
			...done,
			onSuccess: () => {
				setEditing(false);
				say("Tried out with the new arguments: look at what they would do");
			},
		}),
	);
	const { id: approvalId, isOwn, mayDecide, whyNot } = approval;
	const argumentsHash = approval.edit?.argumentsHash ?? approval.argumentsHash;
	const current = approval.edit?.arguments ?? approval.arguments;
	const change = (changed: string) => edit.mutate({ approvalId, argumentsHash, arguments: changed });
	const isPending = approval.state === "pending";
	const isBusy = approve.isPending || reject.isPending || answer.isPending || edit.isPending;
	const allow = () =>
		isOwn
			? answer.mutate({ approvalId, argumentsHash, isAllowed: true })
			: approve.mutate({ approvalId, argumentsHash });
	const isAsking = isRejecting || isEditing;
	const keys = { allow, refuse: () => setRejecting(true), change: () => setEditing(true) };
	useDecisionKeys(isPending && mayDecide && !isBusy && !isAsking, keys);
	const failure = approve.error ?? reject.error ?? answer.error ?? edit.error;
	return (
		<div className={styles.decision}>
			{failure ? <ErrorView failure={toFailure(failure)} /> : null}
			{isPending && !mayDecide && whyNot ? <p className={styles.note}>{whyNot}</p> : null}
			{isPending && approval.needsSecond && approval.otherDeciders === 0 ? (
				<p className={styles.note}>
					Nobody else may approve it: it takes a second person with the rights approvals:decide and{" "}
					{approval.permission}.
				</p>
			) : null}
			{isPending && (mayDecide || isOwn) && !isAsking ? (
				<div className={styles.buttons}>
					{mayDecide ? (
						<Button
							look="primary"
							icon={IconCheck}
							isBusy={isBusy}
							onClick={allow}
							aria-keyshortcuts="A"
							title="Approve (A)"
						>
							Approve
						</Button>
					) : null}
					{mayDecide ? (
						<Button
							icon={IconPencil}
							isBusy={isBusy}
							onClick={keys.change}
							aria-keyshortcuts="E"
							title="Change the arguments, then approve (E)"
						>
							Edit…
						</Button>
					) : null}
					{isOwn ? (
						<Button
							icon={IconX}
							isBusy={isBusy}
							onClick={() => answer.mutate({ approvalId, argumentsHash, isAllowed: false })}
						>
							Withdraw
						</Button>
					) : (
						<Button
							icon={IconX}
							isBusy={isBusy}
							onClick={() => setRejecting(true)}
							aria-keyshortcuts="R"
							title="Reject (R)"
						>
							Reject…
						</Button>
					)}
				</div>
			) : null}
			{isPending && isEditing && approval.raise ? (
				<AmountForm
					raise={approval.raise}
					isBusy={isBusy}
					onCancel={() => setEditing(false)}
					onEdit={(most) => change(JSON.stringify({ ...JSON.parse(current), most }))}
				/>
			) : isPending && isEditing ? (
				<EditForm current={current} isBusy={isBusy} onCancel={() => setEditing(false)} onEdit={change} />
			) : null}
			{isPending && isRejecting ? (
				<RejectForm
					isBusy={isBusy}
					onCancel={() => setRejecting(false)}
					onReject={(reason) => reject.mutate({ approvalId, reason })}
				/>
			) : null}
		</div>
	);
}

function decisionWords({ state, people, approvedBy }: ApprovalDetail): string {
	if (state === "pending")
		return `Approved: ${counted(people - approvedBy, "more person has to", "more people have to")}`;
	return state === "approved" ? "Approved: it may be carried out once" : "Rejected";
}

function RejectForm(props: { isBusy: boolean; onCancel: () => void; onReject: (reason: string) => void }) {
	const [reason, setReason] = useState("");
	const field = useRef<HTMLTextAreaElement>(null);
	useEffect(() => field.current?.focus(), []);
	const said = reason.trim();
	return (
		<form
			className={styles.reject}
			onSubmit={(event) => {
				event.preventDefault();
				if (said) props.onReject(said);
			}}
		>
			<label>
				Why not? Whoever asked is told.
				<textarea
					ref={field}
					rows={2}
					maxLength={500}
					value={reason}
					onChange={(event) => setReason(event.target.value)}
					onKeyDown={(event) => {
						if (event.key === "Escape") props.onCancel();
						if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && said) props.onReject(said);
					}}
				/>
			</label>
			<div className={styles.buttons}>
				<Button type="submit" look="danger" isBusy={props.isBusy} disabled={!said}>
					Reject
				</Button>
				<Button onClick={props.onCancel}>Cancel</Button>
			</div>
		</form>
	);
}

const isTyping = (target: EventTarget | null) =>
	target instanceof HTMLElement && ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);

function useDecisionKeys(isActive: boolean, keys: { allow: () => void; refuse: () => void; change: () => void }) {
	const latest = useRef(keys);
	useEffect(() => {
		latest.current = keys;
	});
	useEffect(() => {
		if (!isActive) return;
		const onKey = (event: KeyboardEvent) => {
			if (event.metaKey || event.ctrlKey || event.altKey || event.repeat || event.defaultPrevented) return;
			if (isTyping(event.target) || document.querySelector("[role=dialog], dialog[open]")) return;
			const act = { a: "allow", r: "refuse", e: "change" } as const;
			if (event.key !== "a" && event.key !== "r" && event.key !== "e") return;
			event.preventDefault();
			latest.current[act[event.key]]();
		};
		document.addEventListener("keydown", onKey);
		return () => document.removeEventListener("keydown", onKey);
	}, [isActive]);
}
