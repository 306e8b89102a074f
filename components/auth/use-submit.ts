"use client";

import { type FormEvent, useState } from "react";
import type { ApiClient } from "@/components/trpc/api";
import { toFailure } from "@/components/trpc/failure";
import type { Failure } from "@/components/ui/failure";

/** A form before sign-in: sends itself once, keeps what was typed, and tells what went wrong by field or as a whole. */
export function useSubmit(work: (api: ApiClient, fields: FormData) => Promise<void>): {
	submit: (event: FormEvent<HTMLFormElement>) => void;
	isBusy: boolean;
	/** What is wrong with which field. */
	wrong: Record<string, string>;
	/** What is wrong otherwise. */
	failure: Failure | null;
} {
	const [isBusy, setBusy] = useState(false);
	const [failure, setFailure] = useState<Failure | null>(null);
	const send = async (fields: FormData) => {
		setBusy(true);
		setFailure(null);
		try {
			const { makeApi } = await import("@/components/trpc/api");
			await work(makeApi(), fields);
		} catch (error) {
			setFailure(toFailure(error));
		}
		setBusy(false);
	};
	const wrong = failure?.fields ?? {};
	return {
		submit: (event) => {
			event.preventDefault();
			if (!isBusy) void send(new FormData(event.currentTarget));
		},
		isBusy,
		wrong,
		failure: Object.keys(wrong).length > 0 ? null : failure,
	};
}
