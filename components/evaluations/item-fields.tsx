import { TagsInput, Textarea } from "@mantine/core";
import type { AddItem } from "@/server/evaluations/contract";

export type ItemWords = Pick<AddItem, "input" | "expected" | "notes" | "tags">;
export const noWords: ItemWords = { input: "", expected: "", notes: "", tags: [] };

/** What an item says. */
export function ItemFields({ words, onChange }: { words: ItemWords; onChange: (words: ItemWords) => void }) {
	return (
		<>
			<Textarea
				label="Question"
				required
				autosize
				minRows={2}
				maxRows={10}
				maxLength={20_000}
				value={words.input}
				onChange={(event) => onChange({ ...words, input: event.currentTarget.value })}
			/>
			<Textarea
				label="Expected answer"
				description="Empty where only rules or a judge measure it."
				autosize
				minRows={2}
				maxRows={10}
				maxLength={20_000}
				value={words.expected}
				onChange={(event) => onChange({ ...words, expected: event.currentTarget.value })}
			/>
			<Textarea
				label="Notes"
				description="For people who rate answers; no agent reads them."
				autosize
				minRows={1}
				maxRows={6}
				maxLength={2_000}
				value={words.notes}
				onChange={(event) => onChange({ ...words, notes: event.currentTarget.value })}
			/>
			<TagsInput
				label="Tags"
				description="Enter after each."
				maxTags={10}
				value={words.tags}
				onChange={(tags) => onChange({ ...words, tags: tags.map((tag) => tag.slice(0, 40)) })}
			/>
		</>
	);
}
