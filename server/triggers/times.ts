import { CronExpressionParser } from "cron-parser";
import { invalidField } from "@/server/core/errors";

const fiveFields = /^\S+( \S+){4}$/;

/** The next time of a schedule after `from`. Throws with the field that is wrong. */
export function nextTime(cron: string, timeZone: string, from: Date): Date {
	const words = cron.trim().replace(/\s+/g, " ");
	if (!fiveFields.test(words)) throw invalidField("cron", "Five fields are needed, as in `0 7 * * 1-5`.");
	try {
		new Intl.DateTimeFormat("en", { timeZone });
	} catch {
		throw invalidField("timeZone", "There is no such time zone: give one such as Europe/Berlin.");
	}
	try {
		return CronExpressionParser.parse(words, { tz: timeZone, currentDate: from }).next().toDate();
	} catch {
		throw invalidField("cron", "This is no time that ever comes: write it as in `0 7 * * 1-5`.");
	}
}
