"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { confirm, say } from "@/components/ui/say";
import { Exactly } from "@/components/ui/time";
import type { Model, ModelPrice } from "@/server/models/contract";
import { Health } from "./health";
import styles from "./models.module.css";
import { capabilityWords, modalityWords, money } from "./money";
import { TestButton } from "./test-button";

const ModelForm = dynamic(() => import("./model-form"), { ssr: false });
const PriceForm = dynamic(() => import("./price-form"), { ssr: false });

const factsOf = ({ contextTokens, modalities, capabilities, dataRegion, routes }: Model): string =>
	[
		counted(contextTokens, "token"),
		...modalities.map((one) => modalityWords[one]),
		...capabilities.map((one) => capabilityWords[one]),
		dataRegion ? `data in ${dataRegion}` : "",
		routes.length > 0 ? `asked by ${routes.join(", ")}` : "asked by no route",
	]
		.filter(Boolean)
		.join(" · ");

/** One model: what it can, what it costs, how it fares. */
export function ModelItem({ model }: { model: Model }) {
	const mayManage = useMay("models:manage");
	const [open, setOpen] = useState<"model" | "price" | null>(null);
	return (
		<li className={styles.model}>
			<div className={styles.modelHead}>
				<code>{model.name}</code>
				{model.isEnabled ? null : <Badge>Off</Badge>}
				{model.circuit ? <Badge tone="amber">Rests after failures</Badge> : null}
				<span className={styles.push}>
					<TestButton modelKey={model.id} name={model.name} />
				</span>
			</div>
			<p className={styles.hint}>{factsOf(model)}</p>
			{model.circuit ? (
				<p className={styles.hint}>
					It rests until <Exactly at={model.circuit.openUntil} />: until then it is asked only where no other model
					answers.
				</p>
			) : null}
			<Health modelKey={model.id} name={model.name} />
			<Prices prices={model.prices} mayManage={mayManage} />
			{mayManage ? <ModelActs model={model} onOpen={setOpen} /> : null}
			{open === "model" ? (
				<ModelForm connectionId={model.connectionId} model={model} onClose={() => setOpen(null)} />
			) : null}
			{open === "price" ? <PriceForm model={model} onClose={() => setOpen(null)} /> : null}
		</li>
	);
}

function Prices({ prices, mayManage }: { prices: ModelPrice[]; mayManage: boolean }) {
	const api = useApi();
	const cache = useQueryClient();
	const remove = useMutation(
		api.models.removePrice.mutationOptions({ onSuccess: () => cache.invalidateQueries(api.models.pathFilter()) }),
	);
	if (prices.length === 0) return <p className={styles.hint}>No price yet: what it takes is not counted in money.</p>;
	const now = Date.now();
	const current = prices.find(({ validFrom }) => validFrom.getTime() <= now);
	return (
		<>
			<ul className={styles.prices} aria-label="Prices for a million tokens">
				{prices.map((price) => (
					<li key={price.id} className={price === current ? undefined : styles.old}>
						<span>
							{money(price.inputMicros, null)} in, {money(price.outputMicros, price.currency)} out
							{price.cachedMicros === null ? "" : `, ${money(price.cachedMicros, null)} kept`}
							{" · "}
							{price === current ? "since " : price.validFrom.getTime() > now ? "from " : "was so from "}
							<Exactly at={price.validFrom} />
						</span>
						{mayManage ? (
							<Button
								size="small"
								look="quiet"
								aria-label={`Remove the price of ${price.validFrom.toISOString().slice(0, 10)}`}
								isBusy={remove.isPending}
								onClick={() => remove.mutate({ priceId: price.id })}
							>
								Remove
							</Button>
						) : null}
					</li>
				))}
			</ul>
			{remove.error ? <ErrorView failure={toFailure(remove.error)} /> : null}
		</>
	);
}

function ModelActs({ model, onOpen }: { model: Model; onOpen: (what: "model" | "price") => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const onSuccess = () => cache.invalidateQueries(api.models.pathFilter());
	const change = useMutation(api.models.changeModel.mutationOptions({ onSuccess }));
	const remove = useMutation(api.models.removeModel.mutationOptions({ onSuccess }));
	const ask = async () => {
		const isWanted = await confirm({
			title: `Remove ${model.name}?`,
			text: "Its prices go with it. What runs took stays written down.",
			action: "Remove",
		});
		if (!isWanted) return;
		remove.mutate({ modelId: model.id }, { onSuccess: () => say(`${model.name} is removed`) });
	};
	const error = change.error ?? remove.error;
	return (
		<>
			<div className={styles.modelHead}>
				<Button size="small" onClick={() => onOpen("model")} aria-label={`Change ${model.name}`}>
					Change
				</Button>
				<Button size="small" onClick={() => onOpen("price")} aria-label={`Add price of ${model.name}`}>
					Add price
				</Button>
				<Button
					size="small"
					aria-label={`Turn ${model.isEnabled ? "off" : "on"} ${model.name}`}
					isBusy={change.isPending}
					onClick={() => change.mutate({ modelId: model.id, isEnabled: !model.isEnabled, basedOn: model.revision })}
				>
					{model.isEnabled ? "Turn off" : "Turn on"}
				</Button>
				<Button
					size="small"
					look="danger"
					aria-label={`Remove ${model.name}`}
					isBusy={remove.isPending}
					onClick={() => void ask()}
				>
					Remove
				</Button>
			</div>
			{error ? <ErrorView failure={toFailure(error)} /> : null}
		</>
	);
}
