import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect, inject, test, vi } from "vitest";
import { LogFile } from "./log-file";
import { errorTeller } from "./tellers";

const folder = () => mkdtempSync(join(inject("temporary") ?? tmpdir(), "logs-"));

test("lines that arrive in pieces are written whole, the last one too", async () => {
	const log = new LogFile(join(folder(), "web.log"));
	const output = new PassThrough();
	log.follow(output);
	output.write("one\ntw");
	output.write("o\nthr");
	output.end("ee");
	await vi.waitFor(() => expect(readFileSync(log.path, "utf8")).toBe("one\ntwo\nthree\n"));
	expect(statSync(log.path).mode & 0o777).toBe(0o600);
});

test("past 10 MB a file is put aside, and only four of those are kept", () => {
	const place = folder();
	const log = new LogFile(join(place, "web.log"));
	const megabyte = "x".repeat(1024 * 1024);
	for (let n = 0; n < 75; n++) log.write(`${n}${megabyte}`);
	expect(readdirSync(place).toSorted()).toEqual(["web.1.log", "web.2.log", "web.3.log", "web.4.log", "web.log"]);
	expect(statSync(join(place, "web.1.log")).size).toBeLessThan(13 * 1024 * 1024);
	expect(readFileSync(join(place, "web.log"), "utf8").trim().split("\n").at(-1)).toMatch(/^74x/);
	expect(existsSync(join(place, "web.5.log"))).toBe(false);
});

test("it goes on where it ended the last time", () => {
	const path = join(folder(), "web.log");
	new LogFile(path).write("before");
	new LogFile(path).write("after");
	expect(readFileSync(path, "utf8")).toBe("before\nafter\n");
});

test("of many errors the terminal sees one, and nothing of what is no error", () => {
	const said: string[] = [];
	const spy = vi.spyOn(console, "log").mockImplementation((line: string) => void said.push(line));
	const tell = errorTeller("web", "/somewhere/web.log");
	tell('{"level":30,"msg":"fine"}');
	tell("not JSON");
	tell('{"level":50');
	for (let n = 0; n < 100; n++) tell(`{"level":50,"msg":"broken ${n}"}`);
	spy.mockRestore();
	expect(said).toHaveLength(1);
	expect(said[0]).toContain("web: broken 0; see");
});
