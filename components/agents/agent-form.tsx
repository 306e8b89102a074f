"use client";

import { Drawer, MultiSelect, Radio, Textarea, TextInput } from "@mantine/core";
import { schemaResolver, useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { AccessChoice } from "@/components/access/access-choice";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import { type Agent, CreateAgent, GraphName, graphNames } from "@/server/agents/contract";
import styles from "./agents.module.css";
import { CapFields } from "./cap-fields";
import { graphWords } from "./facts";
import { PromptChoice } from "./prompt-choice";
import { ToolChoice } from "./tool-choice";

const hasSomewhere = ({ collectionIds }: CreateAgent) => collectionIds === null || collectionIds.length > 0;
const nowhere = { path: ["collectionIds"], error: "Choose at least one collection." };

/** Makes an agent, or changes the given one. */
export default function AgentForm({ agent, onClose }: { agent?: Agent; onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const collections = useQuery(api.knowledge.listCollections.queryOptions({ limit: 200 }));
	const form = useForm<CreateAgent>({
		initialValues: {
			name: agent?.name ?? "",
			graph: agent?.graph ?? "assistant",
			description: agent?.description ?? "",
			promptVersionId: agent?.promptVersionId ?? null,
			collectionIds: agent?.collectionIds ?? null,
			tools: agent?.tools ?? [],
			approvalTools: agent?.approvalTools ?? [],
			caps: agent?.caps ?? {},
			access: agent?.access ?? "private",
		},
		validate: schemaResolver(CreateAgent.refine(hasSomewhere, nowhere), { sync: true }),
	});
	const onSuccess = async (saved: Agent) => {
		await cache.invalidateQueries(api.agents.pathFilter());
		say(`${saved.name} is saved`);
		onClose();
	};
	const create = useMutation(api.agents.create.mutationOptions({ onSuccess }));
	const update = useMutation(api.agents.update.mutationOptions({ onSuccess }));
	const error = create.error ?? update.error;
	const { collectionIds, graph = "assistant" } = form.values;
	return (
		<Theme>
			<Drawer opened onClose={onClose} position="right" size={460} title={agent ? `Change ${agent.name}` : "New agent"}>
				<form
					className={styles.stack}
					noValidate
					onSubmit={form.onSubmit(({ graph: chosen, ...values }) =>
						agent ? update.mutate({ agentId: agent.id, ...values }) : create.mutate({ ...values, graph: chosen }),
					)}
				>
					<TextInput label="Name" data-autofocus maxLength={60} {...form.getInputProps("name")} />
					<Textarea
						label="What it is for"
						description="People read it when they choose whom to ask."
						autosize
						minRows={2}
						maxRows={6}
						maxLength={500}
						{...form.getInputProps("description")}
					/>
					{agent ? null : (
						<Radio.Group
							label="How it works"
							description="It stays what it is made as."
							value={graph}
							onChange={(value) => form.setValues({ graph: GraphName.parse(value), tools: [], approvalTools: [] })}
						>
							<div className={styles.stack} style={{ gap: 8, paddingTop: 4 }}>
								{graphNames.map((name) => (
									<Radio key={name} value={name} label={graphWords[name]} />
								))}
							</div>
						</Radio.Group>
					)}
					<PromptChoice
						current={agent}
						value={form.values.promptVersionId}
						onChange={(id) => form.setFieldValue("promptVersionId", id)}
					/>
					<Radio.Group
						label="Where it looks"
						value={collectionIds === null ? "all" : "some"}
						onChange={(value) => form.setFieldValue("collectionIds", value === "all" ? null : [])}
					>
						<div className={styles.stack} style={{ gap: 8, paddingTop: 4 }}>
							<Radio value="all" label="In all collections that the asking person may read" />
							<Radio value="some" label="Only in these" />
						</div>
					</Radio.Group>
					{collectionIds === null ? null : (
						<MultiSelect
							aria-label="Collections"
							placeholder={collectionIds.length === 0 ? "Choose collections" : undefined}
							searchable
							data={(collections.data?.rows ?? []).map(({ id, name }) => ({ value: id, label: name }))}
							nothingFoundMessage="Nothing by that name"
							value={collectionIds}
							onChange={(ids) => form.setFieldValue("collectionIds", ids)}
							error={form.errors.collectionIds}
						/>
					)}
					{graph === "research" ? null : (
						<ToolChoice
							tools={form.values.tools ?? []}
							approvalTools={form.values.approvalTools ?? []}
							onChange={(chosen) => form.setValues(chosen)}
						/>
					)}
					<CapFields
						graph={graph}
						caps={form.values.caps ?? {}}
						onChange={(caps) => form.setFieldValue("caps", caps)}
					/>
					<AccessChoice
						label="Who can ask it"
						value={form.values.access}
						onChange={(access) => form.setFieldValue("access", access)}
						isFixed={agent?.isDefault}
						says={{
							private: agent?.isDefault ? "The default agent is for everyone." : "Nobody else sees it.",
							everyone: "It still finds only what the asking person may read.",
						}}
					/>
					{error ? <ErrorView failure={toFailure(error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={create.isPending || update.isPending}>
							{agent ? "Save" : "Create agent"}
						</Button>
					</div>
				</form>
			</Drawer>
		</Theme>
	);
}
