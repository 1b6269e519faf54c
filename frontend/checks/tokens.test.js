// The promise of tokens.css: enough contrast in both themes (WCAG 2.2 AA).
// @vitest-environment node
import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

const css = readFileSync(new URL("../src/styles/tokens.css", import.meta.url), "utf8");
const [light, dark] = css.split("prefers-color-scheme: dark");

function colours(part) {
  return Object.fromEntries([...part.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]));
}

function luminance(hex) {
  const [r, g, b] = [1, 3, 5]
    .map((start) => parseInt(hex.slice(start, start + 2), 16) / 255)
    .map((channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, other) {
  const [dim, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dim + 0.05);
}

const GROUNDS = ["paper", "surface", "sunken"];
const PAIRS = [
  ...["ink", "ink-2", "ink-3", "link", "brand", "brand-strong"].flatMap((ink) => GROUNDS.map((ground) => [ink, ground, 4.5])),
  ...["ok", "warn", "bad", "info", "demo"].flatMap((tone) => [[tone, `${tone}-soft`, 4.5], [tone, "surface", 4.5], ["ink", `${tone}-soft`, 4.5]]),
  ["brand-strong", "brand-soft", 4.5],
  ["ink", "brand-soft", 4.5],
  ["on-brand", "brand", 4.5],
  ["on-brand", "brand-strong", 4.5],
  ...GROUNDS.map((ground) => ["edge", ground, 3]),
];

test.each([["light", light], ["dark", dark]])("%s: every pair that is used can be read", (_name, part) => {
  const token = { ...colours(light), ...colours(part) };
  const weak = PAIRS.map(([ink, ground, least]) => [ink, ground, contrast(token[ink], token[ground]), least])
    .filter(([, , found, least]) => found < least)
    .map(([ink, ground, found]) => `${ink} on ${ground}: ${found.toFixed(2)}`);
  expect(weak).toEqual([]);
});
