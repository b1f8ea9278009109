#!/usr/bin/env node
import { readFileSync } from 'node:fs';

const { argv } = process;
if (argv.length === 3 && (argv[2] === '--version' || argv[2] === '-v')) {
  // Answered before anything heavy is loaded.
  const { name, version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  process.stdout.write(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`);
} else {
  const { main } = await import('../dist/main.js');
  await main(import.meta.url);
}
