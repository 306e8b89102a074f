import sharp from "sharp";
import { drawPicture } from "./scans";

/** What stands on the invoice, line by line. */
export const invoiceLines = [
	"Harbour Supplies Ltd",
	"14 Quay Street, Port Haven",
	"",
	"INVOICE",
	"Invoice number: HS-2026-0417",
	"Date: 12 March 2026",
	"Payment due: 11 April 2026",
	"",
	"Mooring rope 24 mm        4 pcs      312.00",
	"Fender, large             6 pcs      450.00",
	"Deck paint grey           3 pcs      138.50",
	"",
	"Net EUR 900.50",
	"VAT 20 % EUR 180.10",
	"Total EUR 1,080.60",
];

/** The same as a telephone photographs it: held sideways (its EXIF says how), a little crooked, grainy, with the place in its metadata. */
export async function photographInvoice(lines: readonly string[] = invoiceLines): Promise<Buffer> {
	const page = await sharp(await drawPicture([...lines]))
		.flatten({ background: "#ffffff" })
		.rotate(0.6, { background: "#f4f2ec" })
		.png()
		.toBuffer();
	const { width, height } = await sharp(page).metadata();
	const grain = { type: "gaussian" as const, mean: 250, sigma: 5 };
	const noise = await sharp({ create: { width, height, channels: 3, background: "#ffffff", noise: grain } })
		.png()
		.toBuffer();
	const grainy = await sharp(page)
		.composite([{ input: noise, blend: "multiply" }])
		.png()
		.toBuffer();
	return sharp(grainy)
		.rotate(270)
		.withExif({
			IFD0: { Make: "Stand-in", Orientation: "6" },
			IFD3: { GPSLatitude: "51/1 30/1 0/1", GPSLatitudeRef: "N" },
		})
		.withMetadata({ orientation: 6 })
		.jpeg({ quality: 88 })
		.toBuffer();
}

const cell = (value: unknown, quote: string, confidence = 0.95) => ({ value, quote, confidence });
const row = (item: string, quantity: number, amount: number, quote: string) => ({
	...{ values: { item, quantity, amount }, quote, confidence: 0.9 },
});

/** What a model answers that reads it well. */
export const invoiceAnswer = {
	supplier: cell("Harbour Supplies Ltd", "Harbour Supplies Ltd"),
	invoice_no: cell("HS-2026-0417", "Invoice number: HS-2026-0417"),
	date: cell("2026-03-12", "Date: 12 March 2026"),
	due: cell("2026-04-11", "Payment due: 11 April 2026"),
	currency: cell("EUR", "Total EUR 1,080.60"),
	net: cell(900.5, "Net EUR 900.50"),
	tax: cell(180.1, "VAT 20 % EUR 180.10"),
	total: cell(1080.6, "Total EUR 1,080.60"),
	lines: [
		row("Mooring rope 24 mm", 4, 312, "Mooring rope 24 mm 4 pcs 312.00"),
		row("Fender, large", 6, 450, "Fender, large 6 pcs 450.00"),
		row("Deck paint grey", 3, 138.5, "Deck paint grey 3 pcs 138.50"),
	],
};
