import { UnreadableFile, unreadable } from "./failure";
import type { Block } from "./page";
import { type Grey, recognise } from "./recognise";

const mostPoints = 40e6;
/** Letters are recognised best at about this size of a page; more only takes longer. */
const longestSide = 3_000;
const leastSide = 1_200;

/** The text in a picture. Upright first: cameras write down how they were held. */
export async function readPicture(file: Buffer): Promise<Block[]> {
	return recognise(await toGrey(file));
}

async function toGrey(file: Buffer): Promise<Grey> {
	const { default: sharp } = await import("sharp");
	try {
		const picture = sharp(file, { limitInputPixels: mostPoints, failOn: "warning", pages: 1, sequentialRead: true });
		const { width, height } = await picture.metadata();
		const longest = Math.max(width, height);
		const size = longest > longestSide ? longestSide : Math.max(longest, Math.min(leastSide, longest * 3));
		const { data, info } = await picture
			.timeout({ seconds: 10 })
			.autoOrient()
			.flatten({ background: "#ffffff" })
			.resize({ width: size, height: size, fit: "inside" })
			.greyscale()
			.raw({ depth: "uchar" })
			.toBuffer({ resolveWithObject: true });
		return { width: info.width, height: info.height, points: data };
	} catch (error) {
		throw reasonOf(error);
	}
}

function reasonOf(error: unknown): UnreadableFile {
	const says = error instanceof Error ? error.message : "";
	if (says.includes("pixel limit"))
		return new UnreadableFile("unpacksTooLarge", "The picture has more than 40 million points. Make it smaller.");
	if (says.includes("timeout")) return unreadable("timedOut", { cause: error });
	return unreadable("damaged", { cause: error });
}
