"use client";

import { Checkbox, Drawer, MultiSelect, Radio, Textarea, TextInput } from "@mantine/core";
import { schemaResolver, useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { AccessChoice } from "@/components/access/access-choice";
import { SchemaField } from "@/components/extractions/schema-field";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import { type Agent, type AgentVersion, CreateAgent, GraphName, graphNames } from "@/server/agents/contract";
import { readSchema } from "@/server/extractions/contract";
import styles from "./agents.module.css";
import { AnswerSchemaField } from "./answer-schema-field";
import { AnsweringFields } from "./answering-fields";
import { CapFields } from "./cap-fields";
import { graphWords } from "./facts";
import { ModelChoice } from "./model-choice";
import { PromptChoice } from "./prompt-choice";
import { TemplateChoice } from "./template-choice";
import { ToolChoice } from "./tool-choice";
import { WindowFields } from "./window-fields";

const hasSomewhere = ({ collectionIds }: CreateAgent) => collectionIds === null || collectionIds.length > 0;
const nowhere = { path: ["collectionIds"], error: "Choose at least one collection." };

const hasFields = ({ graph, extractSchema }: CreateAgent) =>
	graph !== "extract" || readSchema(extractSchema).schema !== null;
const noFields = { path: ["extractSchema"], error: "Name at least one field." };

/** What belongs to the agent itself; all else to its definition, which has versions. */
const general = ["name", "description", "access"] as const;
type General = Pick<CreateAgent, (typeof general)[number]> & { needsReview?: boolean };

/** Makes an agent, or changes the given one: what belongs to its definition goes into the draft, and from there on. */
export default function AgentForm({
	agent,
	draft,
	onClose,
}: {
	agent?: Agent;
	/** What the next version is to be so far. */
	draft?: AgentVersion | undefined;
	onClose: () => void;
}) {
	const api = useApi();
	const cache = useQueryClient();
	const router = useRouter();
	const collections = useQuery(api.knowledge.listCollections.queryOptions({ limit: 200 }));
	const of = draft ?? agent;
	const [needsReview, setNeedsReview] = useState(agent?.needsReview ?? false);
	const [message, setMessage] = useState(draft?.message ?? "");
	const [isPublished, setPublished] = useState(false);
	const [initial] = useState<CreateAgent>(() => ({
		name: agent?.name ?? "",
		description: agent?.description ?? "",
		graph: of?.graph ?? "assistant",
		extractSchema: of?.extractSchema ?? null,
		answerSchema: of?.answerSchema ?? null,
		promptVersionId: of?.promptVersionId ?? null,
		promptLabel: of?.promptLabel ?? null,
		model: of?.model ?? null,
		whenAway: of?.whenAway ?? "quote",
		collectionIds: of?.collectionIds ?? null,
		tools: of?.tools ?? [],
		approvalTools: of?.approvalTools ?? [],
		caps: of?.caps ?? {},
		window: of?.window ?? {},
		promptValues: of?.promptValues ?? {},
		answering: of?.answering ?? {},
		access: agent?.access ?? "private",
	}));
	const form = useForm<CreateAgent>({
		initialValues: initial,
		validate: schemaResolver(CreateAgent.refine(hasSomewhere, nowhere).refine(hasFields, noFields), { sync: true }),
	});
	const create = useMutation(api.agents.create.mutationOptions());
	const update = useMutation(api.agents.update.mutationOptions());
	const save = useMutation(api.agents.saveDraft.mutationOptions());
	const publish = useMutation(api.agents.publish.mutationOptions());
	const mutations = [create, update, save, publish];
	const error = mutations.find((one) => one.error)?.error;
	const isBusy = mutations.some(({ isPending }) => isPending);
	const done = async (words: string) => {
		await cache.invalidateQueries(api.agents.pathFilter());
		say(words);
		onClose();
	};
	const make = async (values: CreateAgent) => {
		const made = await create.mutateAsync(values);
		await done(`${made.name} can be asked`);
		router.push(`/agents/${made.id}`);
	};
	const change = async (to: Agent, { name, description, access, ...definition }: CreateAgent, andPublish: boolean) => {
		const before: General = {
			name: to.name,
			description: to.description,
			access: to.access,
			needsReview: to.needsReview,
		};
		const after: General = { name, description, access, needsReview };
		if (!isSame(before, after)) await update.mutateAsync({ agentId: to.id, ...after });
		if (draft === undefined && isSame(definition, definitionOf(initial))) return done(`${name} is saved`);
		const { promptValues, ...rest } = definition;
		// Whoever may not read its prompt sees no values, and takes none away by that.
		const values = isSame(toldBy(definition), toldBy(initial)) ? {} : { promptValues };
		const basedOn = draft?.revision ?? 0;
		const saved = await save.mutateAsync({ agentId: to.id, ...rest, ...values, message, basedOn });
		if (!andPublish) return done("The draft is saved");
		const over = to.version === null ? {} : { over: to.version };
		const { version } = await publish.mutateAsync({ agentId: to.id, basedOn: saved.revision, ...over });
		return done(`Version ${version} answers now`);
	};
	const submit = (values: CreateAgent) => {
		const work = agent ? change(agent, values, isPublished) : make(values);
		// What failed stands in the form.
		work.catch(() => {});
	};
	const { collectionIds, graph = "assistant" } = form.values;
	return (
		<Theme>
			<Drawer opened onClose={onClose} position="right" size={460} title={agent ? `Change ${agent.name}` : "New agent"}>
				<form className={styles.stack} noValidate onSubmit={form.onSubmit(submit)}>
					{agent ? null : <TemplateChoice onClose={onClose} />}
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
					<Radio.Group
						label="How it works"
						value={graph}
						onChange={(value) => form.setValues(changedGraph(GraphName.parse(value)))}
					>
						<div className={styles.stack} style={{ gap: 8, paddingTop: 4 }}>
							{graphNames.map((name) => (
								<Radio key={name} value={name} label={graphWords[name]} />
							))}
						</div>
					</Radio.Group>
					{graph === "extract" ? (
						<SchemaField
							value={form.values.extractSchema ?? null}
							onChange={(extractSchema) => form.setFieldValue("extractSchema", extractSchema)}
							error={form.errors.extractSchema}
						/>
					) : null}
					{graph === "assistant" ? (
						<AnswerSchemaField
							value={form.values.answerSchema ?? null}
							onChange={(answerSchema) => form.setFieldValue("answerSchema", answerSchema)}
						/>
					) : null}
					<PromptChoice
						current={of}
						versionId={form.values.promptVersionId}
						followed={form.values.promptLabel ?? null}
						values={form.values.promptValues ?? {}}
						onChange={(chosen) => form.setValues(chosen)}
					/>
					<ModelChoice
						model={form.values.model ?? null}
						whenAway={form.values.whenAway ?? "quote"}
						onChange={(chosen) => form.setValues(chosen)}
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
					{graph === "research" || graph === "extract" ? null : (
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
					{graph === "assistant" ? (
						<AnsweringFields
							answering={form.values.answering ?? {}}
							onChange={(answering) => form.setFieldValue("answering", answering)}
						/>
					) : null}
					{graph === "research" ? null : (
						<WindowFields
							window={form.values.window ?? {}}
							onChange={(window) => form.setFieldValue("window", window)}
						/>
					)}
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
					{agent ? (
						<>
							<Checkbox
								label="What changes it is reviewed"
								description="Somebody who did not write a version approves it before it is published. Taking this back is for administrators."
								checked={needsReview}
								onChange={(event) => setNeedsReview(event.currentTarget.checked)}
							/>
							<TextInput
								label="What is new"
								description="For those who read its versions later."
								maxLength={200}
								value={message}
								onChange={(event) => setMessage(event.currentTarget.value)}
							/>
						</>
					) : null}
					{error ? <ErrorView failure={toFailure(error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						{agent ? (
							<Button
								type="submit"
								look={needsReview ? "primary" : undefined}
								isBusy={isBusy && !isPublished}
								onClick={() => setPublished(false)}
							>
								Save draft
							</Button>
						) : null}
						{needsReview ? null : (
							<Button
								type="submit"
								look="primary"
								isBusy={isBusy && (isPublished || !agent)}
								onClick={() => setPublished(true)}
							>
								{agent ? "Save and publish" : "Create agent"}
							</Button>
						)}
					</div>
				</form>
			</Drawer>
		</Theme>
	);
}

/** What another way of working has no use for is taken out. */
const changedGraph = (graph: GraphName) => ({
	...{ graph, extractSchema: null, answerSchema: null, tools: [], approvalTools: [] },
	answering: {},
});

/** All that says what it is told. */
const toldBy = ({ promptVersionId, promptLabel, promptValues }: Partial<CreateAgent>) => ({
	...{ promptVersionId, promptLabel, promptValues },
});
const definitionOf = ({ name: _, description: __, access: ___, ...definition }: CreateAgent) => definition;
const isSame = (one: object, other: object) => JSON.stringify(one) === JSON.stringify(other);
