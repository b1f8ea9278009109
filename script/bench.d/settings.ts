import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface Settings {
  scale: number;
  dir: string;
  keepDir: boolean;
  strict: boolean;
  only: RegExp;
}

/** build/script/bench.d is where this file runs from. */
export const projectRoot = resolve(import.meta.dirname, '../../..');
export const sourceDir = join(projectRoot, 'script/bench.d');

export function readSettings(args: string[], env: NodeJS.ProcessEnv): Settings {
  const { values } = parseArgs({ args, options: { strict: { type: 'boolean' }, only: { type: 'string' } } });
  const scale = Number(env.BENCH_SCALE ?? 1);
  if (!(scale > 0 && scale <= 10)) throw new Error('BENCH_SCALE must be above 0 and at most 10');
  const common = { scale, strict: values.strict ?? false, only: new RegExp(values.only ?? '') };
  if (!env.BENCH_DIR) return { ...common, dir: temporaryDir(), keepDir: false };
  const dir = resolve(env.BENCH_DIR);
  mkdirSync(dir, { recursive: true });
  return { ...common, dir, keepDir: true };
}

function temporaryDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'bbctl-bench-'));
  // PostgreSQL's own user must get in.
  chmodSync(dir, 0o755);
  return dir;
}

export function forget(settings: Settings): void {
  if (!settings.keepDir) rmSync(settings.dir, { recursive: true, force: true });
}
