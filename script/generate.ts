/*
 * Writes what is made from the commands: oclif.manifest.json, by which the program finds them without loading them,
 * docs/commands.md, and docs/checks.md from the catalogue of checks.
 *   node build/script/generate.js            writes them
 *   node build/script/generate.js --check    fails where one of them is not what it would write
 * `oclif manifest` would do for the first, but looks for newer versions of itself on the network each time.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Plugin } from '@oclif/core';
import { renderChecks } from './checks-reference.js';
import { renderReference } from './reference.js';
import type { Manifest } from './reference.js';

const plugin = new Plugin({
  errorOnManifestCreate: true,
  ignoreManifest: true,
  respectNoCacheDefault: true,
  root: process.cwd(),
  type: 'core',
});
await plugin.load();
const manifest = plugin.manifest as unknown as Manifest;

const generated: Record<string, string> = {
  'oclif.manifest.json': JSON.stringify(manifest, null, 2),
  [path.join('docs', 'commands.md')]: renderReference(manifest),
  [path.join('docs', 'checks.md')]: renderChecks(),
};

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

const stale = Object.keys(generated).filter((file) => contentOf(file) !== generated[file]);
if (process.argv.includes('--check')) {
  for (const file of stale) console.error(`${file} is stale: run "npm run generate" and commit it.`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const file of stale) writeFileSync(file, generated[file] ?? '');
}
