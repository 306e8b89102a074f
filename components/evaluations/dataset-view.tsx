"use client";

import {
	IconDownload,
	IconFlask2,
	IconListCheck,
	IconPencil,
	IconPlus,
	IconTrash,
	IconUpload,
} from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { ShareButton } from "@/components/access/share-button";
import { useMay } from "@/components/shell/me";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { ErrorView } from "@/components/ui/error-view";
import { FilterBar, FilterText } from "@/components/ui/field";
import { counted } from "@/components/ui/figures";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { csvType, saveFile } from "@/components/ui/save-file";
import { confirm, say } from "@/components/ui/say";
import { Split } from "@/components/ui/side-panel";
import { useUrl } from "@/components/ui/use-url";
import type { Dataset, DatasetItem } from "@/server/evaluations/contract";
import styles from "./evaluations.module.css";
import { itemsFrom } from "./filter";
import { ItemPanel } from "./item-panel";
import { scorerWords } from "./words";

const DatasetForm = dynamic(() => import("./dataset-form"), { ssr: false });
const ItemForm = dynamic(() => import("./item-form"), { ssr: false });
const ImportForm = dynamic(() => import("./import-form"), { ssr: false });
const ExperimentForm = dynamic(() => import("./experiment-form"), { ssr: false });

const columns: Column<DatasetItem>[] = [
	{ key: "input", title: "Question", cell: (row) => row.input },
	{ key: "expected", title: "Expected", from: "middle", cell: (row) => row.expected || "–" },
	{
		key: "tags",
		title: "Tags",
		width: 180,
		from: "wide",
		cell: (row) => (
			<span className={styles.tags}>
				{row.tags.map((tag) => (
					<Badge key={tag} isPlain>
						{tag}
					</Badge>
				))}
			</span>
		),
	},
];

type Form = "change" | "add" | "import" | "experiment";

/** A dataset: its items, by what answers are measured, and what can be done with it. */
export function DatasetView({ datasetId }: { datasetId: string }) {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const [form, setForm] = useState<Form | null>(null);
	const query = useQuery(api.evaluations.getDataset.queryOptions({ datasetId }));
	const asked = itemsFrom(datasetId, url.get);
	const list = usePages({
		key: api.evaluations.listItems.infiniteQueryKey(asked),
		read: (cursor) => client.evaluations.listItems.query({ ...asked, cursor }),
	});
	const mayWrite = useMay("evaluations:write") && (query.data?.mayManage ?? false);
	const dataset = query.data;
	if (query.error && !dataset) return <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />;
	const openId = url.get("open");
	const opened = list.rows.find(({ id }) => id === openId);
	const close = () => setForm(null);
	return (
		<ScanPage>
			<PageHeader
				up={{ href: "/evaluations", label: "Evaluations" }}
				title={dataset?.name ?? "Dataset"}
				count={dataset ? counted(dataset.items, "item") : undefined}
				actions={dataset ? <Actions dataset={dataset} mayWrite={mayWrite} onForm={setForm} /> : undefined}
			>
				{dataset?.description}
			</PageHeader>
			{dataset ? (
				<p className={styles.note}>
					Version {dataset.version}.{" "}
					{dataset.scorers.length === 0
						? "It has no scorers yet: say by what answers are measured before you run an experiment."
						: `Measured by ${dataset.scorers.map(({ kind, key }) => `${scorerWords[kind].name.toLowerCase()} (${key})`).join(", ")}.`}
				</p>
			) : null}
			<FilterBar>
				<FilterText
					label="Find in questions"
					value={url.get("find") ?? ""}
					onChange={(find) => url.set({ find: find || null, open: null })}
				/>
			</FilterBar>
			<Split
				panel={
					opened && dataset ? (
						<ItemPanel
							key={`${opened.id}${opened.fromVersion}`}
							dataset={dataset}
							item={opened}
							mayWrite={mayWrite}
							onClose={() => url.set({ open: null })}
						/>
					) : null
				}
			>
				<DataTable
					label="Items"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columns}
					rowId={(row) => row.id}
					narrow={(row) => row.expected || "Nothing is expected in words"}
					openId={openId}
					onOpen={(id) => url.set({ open: id })}
					empty={
						<Empty
							icon={IconListCheck}
							title={asked.filter ? "No item like that" : "No items yet"}
							action={
								mayWrite && !asked.filter ? <Button onClick={() => setForm("add")}>Add an item</Button> : undefined
							}
						>
							{asked.filter
								? "Look for other words."
								: "Write one, bring a CSV file, or press “Add to a dataset” below a good answer in a chat."}
						</Empty>
					}
				/>
			</Split>
			{form === "change" && dataset ? <DatasetForm dataset={dataset} onClose={close} /> : null}
			{form === "add" ? <ItemForm datasetId={datasetId} onClose={close} /> : null}
			{form === "import" ? <ImportForm datasetId={datasetId} onClose={close} /> : null}
			{form === "experiment" ? <ExperimentForm datasetId={datasetId} onClose={close} /> : null}
		</ScanPage>
	);
}

function Actions({ dataset, mayWrite, onForm }: { dataset: Dataset; mayWrite: boolean; onForm: (form: Form) => void }) {
	const { id: datasetId } = dataset;
	const api = useApi();
	const client = useClient();
	const cache = useQueryClient();
	const router = useRouter();
	const mayRun = useMay("evaluations:write");
	const [isTaking, setTaking] = useState(false);
	const remove = useMutation(
		api.evaluations.removeDataset.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.evaluations.listDatasets.pathFilter());
				say("The dataset was removed");
				router.push("/evaluations");
			},
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	const askRemoval = async () => {
		const text = "Its items, and the experiments on it with their answers, go for good.";
		if (await confirm({ title: "Remove this dataset?", text, action: "Remove" })) remove.mutate({ datasetId });
	};
	const take = async () => {
		setTaking(true);
		try {
			const parts: string[] = [];
			let name = "";
			let cursor: string | undefined;
			do {
				const piece = await client.evaluations.exportItems.query({ datasetId, format: "csv", cursor });
				parts.push(piece.content);
				name = piece.name;
				cursor = piece.next ?? undefined;
			} while (cursor);
			saveFile(name, parts, csvType);
		} catch (error) {
			say(toFailure(error).message, "failed");
		}
		setTaking(false);
	};
	return (
		<>
			{mayRun ? (
				<Button look="primary" icon={IconFlask2} onClick={() => onForm("experiment")}>
					Run an experiment
				</Button>
			) : null}
			{mayWrite ? (
				<>
					<Button icon={IconPlus} onClick={() => onForm("add")}>
						Add an item
					</Button>
					<Button icon={IconUpload} onClick={() => onForm("import")}>
						Import
					</Button>
				</>
			) : null}
			<Button icon={IconDownload} isBusy={isTaking} onClick={() => void take()}>
				CSV
			</Button>
			{mayWrite ? (
				<>
					<Button icon={IconPencil} onClick={() => onForm("change")}>
						Change
					</Button>
					<ShareButton kind="dataset" resourceId={datasetId} />
					<Button look="danger" icon={IconTrash} isBusy={remove.isPending} onClick={() => void askRemoval()}>
						Remove
					</Button>
				</>
			) : null}
		</>
	);
}
