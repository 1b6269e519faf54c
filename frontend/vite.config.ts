import { defineConfig } from "vitest/config";

// The browser floor: Chromium 86 (WeChat 8, old Android phones) and Safari/iOS 13. Older ones get the plain forms.
const FLOOR = ["chrome86", "safari13"];

export default defineConfig({
  // Relative, so that lazily loaded parts are found wherever STATIC_URL points to.
  base: "./",
  publicDir: "public",
  build: {
    outDir: "dist",
    emptyOutDir: true,
    manifest: "manifest.json",
    assetsDir: "assets",
    target: FLOOR,
    cssTarget: FLOOR,
    cssMinify: "lightningcss",
    cssCodeSplit: true,
    modulePreload: { polyfill: false },
    sourcemap: false,
    rolldownOptions: { input: ["src/main.ts", "src/uploads.ts"] },
  },
  test: {
    environment: "jsdom",
    // What browsers load: without this its build for Node is taken.
    alias: { "tus-js-client": new URL("node_modules/tus-js-client/lib.esm/browser/index.js", import.meta.url).pathname },
    include: ["src/**/*.test.ts", "checks/*.test.js"],
    restoreMocks: true,
    // A busy machine is no finding.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
