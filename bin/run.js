#!/usr/bin/env node
'use strict';

const { readFileSync, writeSync } = require('node:fs');
const path = require('node:path');

const root = path.dirname(__dirname);
const [, , first, ...rest] = process.argv;

if (rest.length === 0 && (first === '--version' || first === '-v')) {
  // Answered before anything heavy is loaded, streams among it.
  const { name, version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  writeSync(1, `${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`);
} else {
  const { load } = require('./load.js');
  void load(path.join(root, 'dist', 'main.cjs')).exports.main(root);
}
