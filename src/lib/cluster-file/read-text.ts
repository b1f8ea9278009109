import { closeSync, openSync, readSync } from 'node:fs';
import { Failure } from '../errors.js';

/** Ten thousand builders fit. What is larger was named by mistake, and would take minutes and gigabytes to read. */
const mostBytes = 4 * 1024 * 1024;

/** Throws a `Failure` for what cannot be read, and for what is no text. */
export function readText(file: string): string {
  const bytes = readBytes(file);
  if (bytes.length > mostBytes) throw new Failure('usage', `${file} is larger than 4 MiB: that is no cluster.yaml.`);
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  if (Buffer.from(text).length === bytes.length || isUtf8(bytes)) return text;
  const line = text.slice(0, text.indexOf('\ufffd')).split('\n').length;
  throw new Failure('usage', `${file} is not right:\n  line ${line}: is not UTF-8`, {
    try: 'Save it as UTF-8; nothing was done.',
  });
}

function isUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Not more than a byte too many: it may be a device that never ends. */
function readBytes(file: string): Buffer {
  try {
    const descriptor = openSync(file, 'r');
    try {
      return readAll(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw new Failure('usage', `${file} cannot be read: ${(error as Error).message}.`, {
      try: 'Name a cluster.yaml with --config; "bbctl inventory" writes one from what is registered, "bbctl master init" a new one.',
      cause: error,
    });
  }
}

function readAll(descriptor: number): Buffer {
  const parts: Buffer[] = [];
  for (let total = 0; total <= mostBytes;) {
    const part = Buffer.alloc(64 * 1024);
    const length = readSync(descriptor, part);
    if (length === 0) break;
    total += parts.push(part.subarray(0, length)) && length;
  }
  return Buffer.concat(parts);
}
