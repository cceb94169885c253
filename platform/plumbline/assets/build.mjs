// Builds app.css, app.js, sheet.css (component sheet) and icon.svg into ../static/dist: names carry a hash of the bytes, .br and .gz lie beside
// each file, manifest.json maps the plain name to the built one. Old files are removed last, so that a running
// server never points at a name that is gone.  Usage: npm ci && npm run build   (or `make assets`)
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "..", "static", "dist");

const bundled = await build({
  absWorkingDir: here,
  entryPoints: { app: "app.css", sheet: "sheet.css", main: "main.js" },
  bundle: true, minify: true, write: false, outdir: "out", format: "iife", legalComments: "none",
  target: ["chrome111", "firefox113", "safari16.4"], charset: "utf8",
});
const names = { "app.css": "app.css", "sheet.css": "sheet.css", "main.js": "app.js" };
const sources = bundled.outputFiles.map((file) => [names[basename(file.path)], Buffer.from(file.contents)]);
sources.push(["icon.svg", await readFile(join(here, "icon.svg"))]);

await mkdir(dist, { recursive: true });
const manifest = {};
for (const [name, bytes] of sources) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  const built = name.replace(/\.([a-z]+)$/, `-${hash}.$1`);
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  await writeFile(join(dist, built), bytes);
  await writeFile(join(dist, `${built}.br`), brotli);
  await writeFile(join(dist, `${built}.gz`), gzipSync(bytes, { level: 9 }));
  manifest[name] = built;
  console.log(`${built}  ${bytes.length} bytes, ${brotli.length} over the wire`);
}
await writeFile(join(dist, "manifest.json.new"), `${JSON.stringify(manifest, null, 2)}\n`);
await rename(join(dist, "manifest.json.new"), join(dist, "manifest.json"));

const wanted = new Set(["manifest.json", ...Object.values(manifest).flatMap((n) => [n, `${n}.br`, `${n}.gz`])]);
for (const name of await readdir(dist)) if (!wanted.has(name)) await rm(join(dist, name), { recursive: true });
