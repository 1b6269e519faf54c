// What the build makes: within its budget, and only what the browser floor understands.
// @vitest-environment node
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

import { afterAll, beforeAll, expect, test } from "vitest";
import { build } from "vite";

const out = mkdtempSync(join(tmpdir(), "isocenter-build-"));
let entry;
let manifest;

const text = (file) => readFileSync(join(out, file), "utf8");
const brotli = (files) => files.reduce((sum, file) => sum + brotliCompressSync(readFileSync(join(out, file))).length, 0);

beforeAll(async () => {
  await build({ logLevel: "error", build: { outDir: out } });
  manifest = JSON.parse(text("manifest.json"));
  entry = manifest["src/main.ts"];
}, 120_000);
afterAll(() => rmSync(out, { recursive: true, force: true }));

test("one stylesheet of at most 14 kB", () => {
  expect(entry.css.length).toBe(1);
  expect(brotli(entry.css)).toBeLessThanOrEqual(14_000);
});

test("the script of every page is at most 25 kB, with what it imports at once", () => {
  const files = [entry, ...(entry.imports ?? []).map((name) => manifest[name])].map((chunk) => chunk.file);
  expect(brotli(files)).toBeLessThanOrEqual(25_000);
});

test("every asset's name holds its hash", () => {
  const names = readdirSync(join(out, "assets"));
  expect(names.filter((name) => !/-[\w-]{8}\.\w+$/.test(name))).toEqual([]);
});

test("styles hold nothing that Chromium 86 or Safari 13 would drop a rule for", () => {
  const css = entry.css.map(text).join("");
  const unknown = /:has\(|:is\(|:where\(|@layer|@container|color-mix\(|light-dark\(|oklch\(|&[ .:>]/g;
  expect(css.match(unknown)).toBe(null);
});

test("nothing is loaded from another host", () => {
  const addresses = [...entry.css, entry.file].flatMap((file) => text(file).match(/(?:url\(|import\()["']?https?:[^"')]+/g) ?? []);
  expect(addresses).toEqual([]);
});
