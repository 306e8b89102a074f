/** Hands a text to the browser as a file of this name. */
export function saveFile(name: string, parts: readonly string[], mediaType: string): void {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(new Blob([...parts], { type: mediaType }));
	link.download = name;
	link.click();
	URL.revokeObjectURL(link.href);
}

export const csvType = "text/csv;charset=utf-8";
