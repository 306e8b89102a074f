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

/** Models that see look at no more of a picture than this. */
const longestShown = 1_568;

/** The picture as it may be shown to a model: upright, no larger than it can see, written anew, with nothing in it but its points. */
export async function showPicture(file: Buffer): Promise<Buffer> {
	try {
		return await (await openPicture(file))
			.timeout({ seconds: 10 })
			.autoOrient()
			.flatten({ background: "#ffffff" })
			.resize({ width: longestShown, height: longestShown, fit: "inside", withoutEnlargement: true })
			.toColourspace("srgb")
			.jpeg({ quality: 85 })
			.toBuffer();
	} catch (error) {
		throw reasonOf(error);
	}
}

async function openPicture(file: Buffer) {
	const { default: sharp } = await import("sharp");
	return sharp(file, { limitInputPixels: mostPoints, failOn: "warning", pages: 1, sequentialRead: true });
}

async function toGrey(file: Buffer): Promise<Grey> {
	try {
		const picture = await openPicture(file);
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
